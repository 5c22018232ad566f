"""A condition in a rules file: its type with parameters, roles, position, and whether it should be there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from asr_types.transcript import ROLES
from call_analysis.file_values.containers import Defined
from call_analysis.file_values.kinds import Constant, Flag, Number, Text, Whole
from call_analysis.file_values.name_kinds import SPEAKER_ROLES
from call_analysis.file_values.names import Names
from call_analysis.file_values.section import Entries, Section
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.rules.condition import Condition
from call_analysis.rules.position import Position
from call_analysis.rules_file.condition_types import ConditionType, condition_types, required_parameters

_TURNS = Whole(1, 1000)
_SECONDS = Number(0.1, 86400)


class ConditionKind:
    """A condition of any type."""

    def read(self, node: YamlNode, names: Names) -> Condition:
        given = node.mapping()
        if "type" not in given:
            raise node.error(f"the key 'type' is missing; allowed: {', '.join(condition_types())}")
        condition: Condition = _section(given["type"].choice(tuple(condition_types()))).read(node, names)
        return condition

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"$ref": f"#/$defs/{_definition(name)}"} for name in condition_types()]}


def condition_definitions() -> dict[str, Any]:
    """A JSON schema for each condition type, by the name it has under `$defs`."""
    return {_definition(name): _section(name).schema() for name in condition_types()}


def _definition(name: str) -> str:
    return f"{name}-condition"


@cache
def _section(name: str) -> Section:
    check = condition_types()[name]
    return Section(
        kinds={
            "type": Constant(name),
            "roles": SPEAKER_ROLES,
            "position": POSITION,
            "present": Flag(),
            **check.PARAMETERS,
        },
        required=("type", *required_parameters(check)),
        build=partial(_condition, check),
    )


def _condition(check: type[ConditionType], entries: Entries) -> Condition:
    given: Mapping[str, Any] = entries.values()
    try:
        built = check(**{key: value for key, value in given.items() if key in check.PARAMETERS})
    except ValueError as error:
        raise entries.node.error(str(error)) from error
    return Condition(
        check=built,
        roles=given.get("roles", ROLES),
        position=given.get("position", Position()),
        present=given.get("present", True),
    )


def _position(entries: Entries) -> Position:
    if "within_turns" in entries and "before" not in entries and "after" not in entries:
        raise entries.nodes["within_turns"].error("goes with 'before' or 'after' only")
    return Position(**entries.values())


POSITION = Defined(
    "Position",
    Section(
        kinds={
            "first_turns": _TURNS,
            "last_turns": _TURNS,
            "within_turns": _TURNS,
            "first_s": _SECONDS,
            "last_s": _SECONDS,
            "before": Text(),
            "after": Text(),
        },
        build=_position,
        min_keys=1,
    ),
)
