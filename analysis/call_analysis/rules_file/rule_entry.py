"""The section "rules" of a rules file: conditions and the expressions that join them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from asr_types.transcript import ROLES
from call_analysis import conditions as condition_types
from call_analysis.file_values.kinds import Names
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.intents.intent_rules import check_name
from call_analysis.rules.condition import Check, Condition
from call_analysis.rules.expression import Expression, Name, find_flaw, names, parse_expression
from call_analysis.rules.position import Position
from call_analysis.rules.rule import Rule

POSITION_LIMITS = {"first_turns": 1000, "last_turns": 1000, "within_turns": 1000}
_SECONDS = ("first_s", "last_s")
_MOST_SECONDS = 86400
_RESERVED = ("and", "or", "not")


@cache
def types() -> Mapping[str, type[Check]]:
    """All condition types by name: the modules of `call_analysis.conditions`."""
    found = sorted(module.name for module in pkgutil.iter_modules(condition_types.__path__))
    return {name: importlib.import_module(f"{condition_types.__name__}.{name}").CONDITION for name in found}


def required_parameters(check: type[Check]) -> list[str]:
    """The parameters without a default value."""
    entries: tuple[Any, ...] = fields(check)  # type: ignore[arg-type]  # every check is a dataclass
    return [entry.name for entry in entries if entry.default is MISSING]


def read_rules(entry: YamlNode, known: Names) -> dict[str, Rule]:
    """All rules by name."""
    return {name: _rule(check_name(rule, name), rule, known) for name, rule in entry.mapping().items()}


def _rule(name: str, entry: YamlNode, known: Names) -> Rule:
    entries = entry.fields(required=("conditions",), optional=("description", "when", "given"))
    if "description" in entries:
        entries["description"].text()
    nodes = entries["conditions"].mapping()
    read = {key: _condition(check_name(node, key), node, known) for key, node in nodes.items()}
    if "when" not in entries and len(read) > 1:
        raise entry.error(f"the key 'when' is missing; conditions to join: {', '.join(read)}")
    when = _expression(entries["when"], read) if "when" in entries else Name(next(iter(read)))
    given = _expression(entries["given"], read) if "given" in entries else None
    ordered = _in_order(read, nodes)
    _check_reached(when, given, read, nodes)
    return Rule(name, ordered, when, given)


def _condition(name: str, entry: YamlNode, known: Names) -> Condition:
    if name in _RESERVED:
        raise entry.error(f"got the name {name!r}; 'and', 'or' and 'not' join conditions")
    given = entry.mapping()
    if "type" not in given:
        raise entry.error(f"the key 'type' is missing; allowed: {', '.join(types())}")
    check = types()[given["type"].choice(tuple(types()))]
    required = required_parameters(check)
    optional = [key for key in check.PARAMETERS if key not in required]
    entries = entry.fields(required=("type", *required), optional=("roles", "position", "present", *optional))
    values: dict[str, Any] = {
        key: kind.read(entries[key], known) for key, kind in check.PARAMETERS.items() if key in entries
    }
    try:
        built = check(**values)
    except ValueError as error:
        raise entry.error(str(error)) from error
    return Condition(
        name=name,
        check=built,
        roles=entries["roles"].choices(ROLES) if "roles" in entries else ROLES,
        position=_position(entries["position"]) if "position" in entries else Position(),
        present=entries["present"].flag() if "present" in entries else True,
    )


def _position(entry: YamlNode) -> Position:
    entries = entry.fields(required=(), optional=(*POSITION_LIMITS, *_SECONDS, "before", "after"))
    if "within_turns" in entries and not {"before", "after"} & entries.keys():
        raise entries["within_turns"].error("goes with 'before' or 'after' only")
    values: dict[str, Any] = {
        key: value.integer(1, POSITION_LIMITS[key])
        for key, value in entries.items()
        if key in POSITION_LIMITS
    }
    values |= {key: entries[key].number(0.1, _MOST_SECONDS) for key in _SECONDS if key in entries}
    values |= {key: entries[key].text() for key in ("before", "after") if key in entries}
    return Position(**values)


def _expression(entry: YamlNode, known: Mapping[str, Condition]) -> Expression:
    try:
        expression = parse_expression(entry.text())
    except ValueError as error:
        raise entry.error(str(error)) from error
    for name in names(expression):
        if name not in known:
            raise entry.error(f"unknown condition {name!r}; allowed: {', '.join(known)}")
    if flaw := find_flaw(expression):
        raise entry.error(flaw)
    return expression


def _in_order(read: Mapping[str, Condition], nodes: Mapping[str, YamlNode]) -> dict[str, Condition]:
    """Each condition after those that its position refers to."""
    for name, condition in read.items():
        for anchor in condition.position.anchors:
            if anchor not in read or anchor == name:
                others = [other for other in read if other != name]
                allowed = ", ".join(others) or "none, there is no other condition"
                raise nodes[name].error(f"position refers to {anchor!r}; allowed: {allowed}")
    graph = {name: condition.position.anchors for name, condition in read.items()}
    try:
        return {name: read[name] for name in TopologicalSorter(graph).static_order()}
    except CycleError as error:
        circle = error.args[1]
        raise nodes[circle[0]].error(f"positions refer to each other: {' → '.join(circle)}") from error


def _check_reached(
    when: Expression, given: Expression | None, read: Mapping[str, Condition], nodes: Mapping[str, YamlNode]
) -> None:
    reached = {*names(when), *(names(given) if given else ())}
    pending = list(reached)
    while pending:
        anchors = set(read[pending.pop()].position.anchors) - reached
        reached |= anchors
        pending.extend(anchors)
    for name in read:
        if name not in reached:
            raise nodes[name].error("is never used: neither in 'when' or 'given' nor in a position")
