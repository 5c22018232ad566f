"""Kinds of values that refer to names: roles, and the intents and languages that the file lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asr_types.transcript import ROLES
from call_analysis.file_values.containers import Defined
from call_analysis.file_values.names import Names
from call_analysis.file_values.yaml_node import YamlNode


@dataclass(frozen=True, slots=True)
class Roles:
    """Speaker roles, each at most once."""

    def read(self, node: YamlNode, names: Names) -> tuple[str, ...]:
        return node.choices(ROLES)

    def schema(self) -> dict[str, Any]:
        return _set_of({"enum": list(map(str, ROLES))})


SPEAKER_ROLES = Defined("Roles", Roles())


@dataclass(frozen=True, slots=True)
class Intents:
    """Intents that the file has, each at most once."""

    def read(self, node: YamlNode, names: Names) -> frozenset[str]:
        return frozenset(node.choices(names.intents))

    def schema(self) -> dict[str, Any]:
        return _set_of({"type": "string"})


@dataclass(frozen=True, slots=True)
class Languages:
    """Languages that the file lists, each at most once."""

    def read(self, node: YamlNode, names: Names) -> frozenset[str]:
        return frozenset(node.choices(names.languages))

    def schema(self) -> dict[str, Any]:
        return _set_of({"type": "string"})


def _set_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}
