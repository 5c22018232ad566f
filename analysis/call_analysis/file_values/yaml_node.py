"""A value of a YAML file, with file and line for the errors about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import yaml

from call_analysis.errors import RulesError

_MAX_DEPTH = 20
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING, _BOOL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


@dataclass(frozen=True, slots=True)
class YamlNode:
    """One value of a YAML file. Its methods raise RulesError where the value is not what they read."""

    node: yaml.Node
    file: str
    key: str  # path from the top of the file, joined by dots
    line: int  # of its key, or of the value itself in a list

    def error(self, message: str) -> RulesError:
        """An error that names the file, line and key of this value."""
        where = f"{self.key}: " if self.key else ""
        return RulesError(f"{self.file}:{self.line}: {where}{message}")

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, YamlNode]:
        """The entries of a mapping that has all required keys and no others than the optional ones."""
        entries = self.mapping()
        allowed = [*required, *optional]
        for name, value in entries.items():
            if name not in allowed:
                raise value.error(f"unknown key {name!r}; allowed: {', '.join(allowed)}")
        for name in required:
            if name not in entries:
                raise self.error(f"the key {name!r} is missing; needed: {', '.join(required)}")
        return entries

    def mapping(self) -> dict[str, YamlNode]:
        """The entries of a mapping. It must not be empty; keys must be texts, each at most once."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self._not("a mapping")
        entries: dict[str, YamlNode] = {}
        for key_node, value_node in self.node.value:
            line = key_node.start_mark.line + 1
            key = YamlNode(key_node, self.file, self.key, line)
            name = key.text()
            if name in entries:
                raise key.error(f"the key {name!r} stands here twice")
            entries[name] = YamlNode(value_node, self.file, f"{self.key}.{name}" if self.key else name, line)
        if not entries:
            raise self.error("is empty; at least one entry is needed")
        return entries

    def is_list(self) -> bool:
        """Whether it is a list, which may be empty."""
        return isinstance(self.node, yaml.SequenceNode)

    def items(self) -> list[YamlNode]:
        """The items of a list that is not empty."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self._not("a list")
        if not self.node.value:
            raise self.error("is an empty list; leave the key out or give at least one entry")
        return [
            YamlNode(item, self.file, f"{self.key}[{index}]", item.start_mark.line + 1)
            for index, item in enumerate(self.node.value)
        ]

    def text(self) -> str:
        """A text that is not blank."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self._not("a text")
        if self.node.tag != _STRING:
            raise self.error(f"got {self.node.value!r}, which YAML does not read as text; put it in quotes")
        if not self.node.value.strip():
            raise self.error("is blank; a text is needed")
        return str(self.node.value)

    def choice(self, allowed: Collection[str]) -> str:
        """One of the allowed texts."""
        value = self.text()
        if value not in allowed:
            raise self.error(f"got {value!r}; allowed: {', '.join(allowed)}")
        return value

    def choices(self, allowed: Collection[str]) -> tuple[str, ...]:
        """A list of allowed texts, each at most once."""
        values: list[str] = []
        for item in self.items():
            value = item.choice(allowed)
            if value in values:
                raise item.error(f"{value!r} stands here twice")
            values.append(value)
        return tuple(values)

    def number(self, low: float, high: float) -> float:
        """A number from low to high."""
        try:
            value = float(self._number_text("a number"))
        except ValueError:
            raise self._not("a number") from None
        if not low <= value <= high:  # refuses .nan too
            raise self.error(f"got {value:g}; allowed: {low:g} to {high:g}")
        return value

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        try:
            value = int(self._number_text("a whole number"))
        except ValueError:
            raise self._not("a whole number") from None
        if not low <= value <= high:
            allowed = str(low) if low == high else f"{low} to {high}"
            raise self.error(f"got {value}; allowed: {allowed}")
        return value

    def flag(self) -> bool:
        """Raises RulesError for anything but a YAML boolean."""
        if self.node.tag != _BOOL:
            raise self._not("true or false")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def _number_text(self, wanted: str) -> str:
        if self.node.tag not in _NUMBERS:
            raise self._not(wanted)
        return str(self.node.value)

    def _not(self, wanted: str) -> RulesError:
        if isinstance(self.node, yaml.ScalarNode):
            return self.error(f"got {self.node.value!r}; {wanted} is needed")
        got = "a mapping" if isinstance(self.node, yaml.MappingNode) else "a list"
        return self.error(f"got {got}; {wanted} is needed")


def parse_yaml(content: bytes, file: str) -> YamlNode:
    """The top value of a YAML file. Raises RulesError with the line where it is not YAML."""
    try:
        text = content.decode("utf-8-sig")
        _check_depth(text, file)
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RulesError(f"{file}:{line}: not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulesError(f"{file}:{line}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise RulesError(f"{file}:1: not YAML: {error}") from error
    if node is None:
        raise RulesError(f"{file}:1: the file is empty")
    return YamlNode(node, file, "", node.start_mark.line + 1)


def _check_depth(text: str, file: str) -> None:
    """Refuse deep nesting before composing, which recurses without a limit in C. Parsing events does not."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise RulesError(f"{file}:{line}: nested more than {_MAX_DEPTH} levels deep")
