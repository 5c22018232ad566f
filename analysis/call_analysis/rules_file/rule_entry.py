"""A rule in a rules file: named conditions and the expressions that join them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from call_analysis.file_values.containers import ByName, Defined
from call_analysis.file_values.kinds import Text
from call_analysis.file_values.names import Names, check_name
from call_analysis.file_values.section import Entries, Section
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.rules.condition import Condition
from call_analysis.rules.expression import OPERATORS, Expression, Name, find_flaw, names, parse_expression
from call_analysis.rules.rule import Rule
from call_analysis.rules_file.condition_entry import ConditionKind

_CONDITION = ConditionKind()


@dataclass(frozen=True, slots=True)
class _ExpressionText:
    """An expression over names of conditions."""

    def read(self, node: YamlNode, _: Names) -> Expression:
        try:
            return parse_expression(node.text())
        except ValueError as error:
            raise node.error(str(error)) from error

    def schema(self) -> dict[str, Any]:
        return Text("names of conditions with and, or, not and parentheses").schema()


class _Rules:
    """All rules by name."""

    def read(self, node: YamlNode, names: Names) -> dict[str, Rule]:
        return {
            name: _rule(check_name(rule, name), _RULE.open(rule, names))
            for name, rule in node.mapping().items()
        }

    def schema(self) -> dict[str, Any]:
        return ByName(RULE).schema()


def _rule(name: str, entries: Entries) -> Rule:
    entries.read("description")
    nodes = entries.nodes["conditions"].mapping()
    conditions = {name: _condition(name, node, entries.names) for name, node in nodes.items()}
    if "when" not in entries and len(conditions) > 1:
        raise entries.node.error(f"the key 'when' is missing; conditions to join: {', '.join(conditions)}")
    when = _expression(entries, "when", conditions) or Name(next(iter(conditions)))
    given = _expression(entries, "given", conditions)
    ordered = _in_order(conditions, nodes)
    _check_all_are_used(when, given, conditions, nodes)
    return Rule(name, ordered, when, given)


def _condition(name: str, node: YamlNode, known: Names) -> Condition:
    if check_name(node, name) in OPERATORS:
        raise node.error(f"got the name {name!r}; 'and', 'or' and 'not' join conditions")
    return _CONDITION.read(node, known)


def _expression(entries: Entries, key: str, conditions: Mapping[str, Condition]) -> Expression | None:
    expression: Expression | None = entries.read(key)
    if expression is None:
        return None
    for name in names(expression):
        if name not in conditions:
            raise entries.nodes[key].error(f"unknown condition {name!r}; allowed: {', '.join(conditions)}")
    if flaw := find_flaw(expression):
        raise entries.nodes[key].error(flaw)
    return expression


def _in_order(conditions: Mapping[str, Condition], nodes: Mapping[str, YamlNode]) -> dict[str, Condition]:
    """The conditions, each after those that its position refers to."""
    for name, condition in conditions.items():
        for anchor in condition.position.anchors:
            if anchor not in conditions or anchor == name:
                others = [other for other in conditions if other != name]
                allowed = ", ".join(others) or "none, there is no other condition"
                raise nodes[name].error(f"position refers to {anchor!r}; allowed: {allowed}")
    graph = {name: condition.position.anchors for name, condition in conditions.items()}
    try:
        return {name: conditions[name] for name in TopologicalSorter(graph).static_order()}
    except CycleError as error:
        circle = error.args[1]
        raise nodes[circle[0]].error(f"positions refer to each other: {' → '.join(circle)}") from error


def _check_all_are_used(
    when: Expression,
    given: Expression | None,
    conditions: Mapping[str, Condition],
    nodes: Mapping[str, YamlNode],
) -> None:
    """A condition counts as used in an expression, or in the position of one that is used."""
    used = {*names(when), *(names(given) if given else ())}
    pending = list(used)
    while pending:
        anchors = set(conditions[pending.pop()].position.anchors) - used
        used |= anchors
        pending.extend(anchors)
    for name in conditions:
        if name not in used:
            raise nodes[name].error("is never used: neither in 'when' or 'given' nor in a position")


_RULE = Section(
    kinds={
        "description": Text(),
        "conditions": ByName(_CONDITION),
        "when": _ExpressionText(),
        "given": _ExpressionText(),
    },
    required=("conditions",),
)
RULE = Defined("Rule", _RULE)
RULES = _Rules()
