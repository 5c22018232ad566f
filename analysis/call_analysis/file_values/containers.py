"""Containers: kinds of values of a rules file that hold other values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from call_analysis.file_values.kinds import Kind
from call_analysis.file_values.names import NAME_PATTERN, Names, check_name
from call_analysis.file_values.yaml_node import YamlNode


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list that is not empty."""

    item: Kind

    def read(self, node: YamlNode, names: Names) -> tuple[Any, ...]:
        return tuple(self.item.read(item, names) for item in node.items())

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema(), "minItems": 1}


@dataclass(frozen=True, slots=True)
class ByKey:
    """A mapping whose keys are any texts."""

    value: Kind

    def read(self, node: YamlNode, names: Names) -> dict[str, Any]:
        return {key: self.value.read(value, names) for key, value in node.mapping().items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.value.schema(), "minProperties": 1}


@dataclass(frozen=True, slots=True)
class ByName:
    """A mapping whose keys are new names: of intents, rules, conditions or dimensions."""

    value: Kind

    def read(self, node: YamlNode, names: Names) -> dict[str, Any]:
        return {
            check_name(value, name): self.value.read(value, names) for name, value in node.mapping().items()
        }

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
            "additionalProperties": self.value.schema(),
            "minProperties": 1,
        }


@dataclass(frozen=True, slots=True)
class Defined:
    """A kind that the schema describes once, under `$defs`, and refers to wherever it is used."""

    name: str
    kind: Kind

    def read(self, node: YamlNode, names: Names) -> Any:
        return self.kind.read(node, names)

    def schema(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.name}"}
