"""A condition of a rule: what is looked for, in whose words, where, and whether it should be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from asr_types.transcript import ROLE_UNKNOWN
from call_analysis.call import Call
from call_analysis.hits import Hit
from call_analysis.rules.position import Position
from call_analysis.rules.scope import Found, NotApplicable, Scope


class Check(Protocol):
    """What a condition looks for; the modules of `call_analysis.conditions` hold one each."""

    def find(self, scope: Scope) -> Found | NotApplicable:
        """Whether it is within the scope, with the evidence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition or a rule holds in a call, with the evidence."""

    truth: bool | None  # None where it is not applicable
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None  # the last words that were searched, where there are no hits
    reason: str | None = None  # why it is not applicable


@dataclass(frozen=True, slots=True)
class Condition:
    """A check with the roles and the position that limit where it looks."""

    check: Check
    roles: tuple[str, ...]
    position: Position
    present: bool = True  # false: the condition holds where the check finds nothing

    def judge(self, call: Call, others: Mapping[str, Verdict]) -> Verdict:
        """The verdict in a call; `others` has the verdicts of the conditions that the position refers to."""
        turns = [entry for entry in call.turns if entry.turn.role in self.roles]
        if not turns:
            return Verdict(None, reason=_why_silent(self.roles, call))
        if self.position.needs_times and not any(entry.turn.end_s > 0 for entry in turns):
            return Verdict(None, reason="the transcript has no times")
        for anchor in self.position.anchors:
            if others[anchor].reason is not None:
                return Verdict(None, reason=f"{anchor}: {others[anchor].reason}")
        hits = {name: verdict.hits for name, verdict in others.items()}
        scope = Scope(call, self.roles, self.position.stretches(call, turns, hits))
        found = self.check.find(scope) if scope.stretches else Found(False)
        if isinstance(found, NotApplicable):
            return Verdict(None, reason=found.reason)
        searched = scope.stretches[-1].ending("looked at until here") if scope.stretches else None
        return Verdict(found.holds == self.present, found.hits, None if found.hits else searched)


def _why_silent(roles: tuple[str, ...], call: Call) -> str:
    wanted = " or ".join(roles)
    if call.roles & set(roles):
        return f"no words of the {wanted} in this call"
    if ROLE_UNKNOWN in call.roles or not call.roles:
        return f"who is the {wanted} is not known: the recording does not keep the speakers apart"
    return f"the {wanted} is not in this recording; recorded: {', '.join(sorted(call.roles))}"
