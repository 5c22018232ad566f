"""A section of a rules file: declared keys, which give both its reader and its JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from call_analysis.file_values.kinds import Kind
from call_analysis.file_values.names import Names
from call_analysis.file_values.yaml_node import YamlNode


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a section in a file. An entry is read, by its declared kind, when it is asked for."""

    node: YamlNode  # the section as a whole
    nodes: Mapping[str, YamlNode]  # by key, for errors and for entries whose reading depends on others
    kinds: Mapping[str, Kind]
    names: Names

    def __contains__(self, key: str) -> bool:
        return key in self.nodes

    def read(self, key: str, default: Any = None) -> Any:
        """The value of an entry, or the default where the file does not have it."""
        return self.kinds[key].read(self.nodes[key], self.names) if key in self.nodes else default

    def values(self) -> dict[str, Any]:
        """The values of all entries that the file has, by key."""
        return {key: self.read(key) for key in self.kinds if key in self.nodes}

    def knowing(self, names: Names) -> Entries:
        """The same entries, which may refer to these names."""
        return replace(self, names=names)


@dataclass(frozen=True, slots=True)
class Section:
    """The declaration of a section: its keys and the kinds of their values.

    A section is a kind of value itself: `build` makes its value from the entries.
    """

    kinds: Mapping[str, Kind]  # by key, in the order of the schema
    required: tuple[str, ...] = ()
    build: Callable[[Entries], Any] = Entries.values
    min_keys: int | None = None  # for the schema; the reader refuses an empty section anyway

    def open(self, node: YamlNode, names: Names) -> Entries:
        """The entries. Raises RulesError for keys that are unknown, missing or given twice."""
        optional = [key for key in self.kinds if key not in self.required]
        return Entries(node, node.fields(self.required, optional), self.kinds, names)

    def read(self, node: YamlNode, names: Names) -> Any:
        """What `build` makes from the entries."""
        return self.build(self.open(node, names))

    def schema(self) -> dict[str, Any]:
        """JSON schema of the section."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {key: kind.schema() for key, kind in self.kinds.items()},
            "additionalProperties": False,
        }
        if self.required:
            schema["required"] = list(self.required)
        return schema if self.min_keys is None else {**schema, "minProperties": self.min_keys}
