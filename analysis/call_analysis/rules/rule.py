"""A rule: named conditions joined by a boolean expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from call_analysis.call import Call
from call_analysis.rules.condition import Condition, Verdict
from call_analysis.rules.expression import Expression, names, truth


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions and when they make the rule hold."""

    name: str
    conditions: Mapping[str, Condition]  # each after those that its position refers to
    when: Expression  # the rule holds where this is true
    given: Expression | None = None  # the rule is applicable only where this is true


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """The verdict on a rule in a call, and those on its conditions."""

    rule: Rule
    whole: Verdict
    conditions: Mapping[str, Verdict]


def judge(rule: Rule, call: Call) -> RuleVerdict:
    """The verdict on a rule in a call."""
    verdicts: dict[str, Verdict] = {}
    for name, condition in rule.conditions.items():
        verdicts[name] = condition.judge(call, verdicts)
    return RuleVerdict(rule, _whole(rule, verdicts), verdicts)


def _whole(rule: Rule, verdicts: Mapping[str, Verdict]) -> Verdict:
    values = {name: verdict.truth for name, verdict in verdicts.items()}
    if rule.given is not None and (given := truth(rule.given, values)) is not True:
        return Verdict(None, reason=_why_not_given(rule.given, given, verdicts))
    used = [verdicts[name] for name in names(rule.when)]
    value = truth(rule.when, values)
    if value is None:
        reasons = dict.fromkeys(verdict.reason for verdict in used if verdict.reason)
        return Verdict(None, reason="; ".join(filter(None, reasons)))
    hits = {(hit.turn.index, hit.start, hit.end, hit.phrase): hit for verdict in used for hit in verdict.hits}
    searched = [verdict.searched for verdict in used if verdict.searched]
    last = max(searched, key=lambda hit: (hit.turn.index, hit.end), default=None)
    return Verdict(value, tuple(hits[key] for key in sorted(hits)), None if hits else last)


def _why_not_given(given: Expression, value: bool | None, verdicts: Mapping[str, Verdict]) -> str:
    if value is False:
        return "the occasion for it does not arise in this call"
    return "; ".join(dict.fromkeys(filter(None, (verdicts[name].reason for name in names(given)))))
