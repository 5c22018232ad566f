"""Kinds of single values in a rules file. Each kind reads its values and gives their JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import re2

from call_analysis.file_values.names import Names
from call_analysis.file_values.yaml_node import YamlNode

_MAX_PATTERN = 1000  # characters
_PATTERN_MEMORY = 2 << 20  # bytes a compiled expression may take


class Kind(Protocol):
    """A kind of value. Bounds are written in the kind only; reader and schema both use them."""

    def read(self, node: YamlNode, names: Names) -> Any:
        """The value of a node. Raises RulesError where it is not of this kind."""

    def schema(self) -> dict[str, Any]:
        """JSON schema of such values."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is not blank."""

    description: str | None = None  # for the schema

    def read(self, node: YamlNode, names: Names) -> str:
        return node.text()

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        return schema if self.description is None else {**schema, "description": self.description}


@dataclass(frozen=True, slots=True)
class Number:
    """A number from low to high."""

    low: float
    high: float

    def read(self, node: YamlNode, names: Names) -> float:
        return node.number(self.low, self.high)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from low to high."""

    low: int
    high: int

    def read(self, node: YamlNode, names: Names) -> int:
        return node.integer(self.low, self.high)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """A YAML boolean: true or false, also yes, no, on and off."""

    def read(self, node: YamlNode, names: Names) -> bool:
        return node.flag()

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts."""

    allowed: Sequence[str]

    def read(self, node: YamlNode, names: Names) -> str:
        return node.choice(self.allowed)

    def schema(self) -> dict[str, Any]:
        return {"enum": list(map(str, self.allowed))}


@dataclass(frozen=True, slots=True)
class Constant:
    """The only value that is allowed, a text or a whole number."""

    value: str | int

    def read(self, node: YamlNode, names: Names) -> str | int:
        if isinstance(self.value, int):
            return node.integer(self.value, self.value)
        return node.choice((self.value,))

    def schema(self) -> dict[str, Any]:
        return {"const": self.value}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in RE2's syntax, which runs in linear time: no backreferences, no look-around."""

    def read(self, node: YamlNode, names: Names) -> Any:
        text = node.text()
        if len(text) > _MAX_PATTERN:
            raise node.error(f"{len(text)} characters long; allowed: {_MAX_PATTERN}")
        options = re2.Options()
        options.log_errors, options.max_mem = False, _PATTERN_MEMORY
        try:
            pattern = re2.compile(text, options)
        except re2.error as error:
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
            raise node.error(
                f"not a regular expression: {reason}; allowed: RE2 syntax, "
                "without backreferences and look-around"
            ) from error
        if pattern.search("") is not None:
            raise node.error(f"got {text!r}, which fits an empty text; it must need at least a character")
        return pattern

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": _MAX_PATTERN}
