"""A condition: what is looked for, in whose words, where in the call, and whether it should be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from asr_types.transcript import ROLE_UNKNOWN
from call_analysis.call import Call
from call_analysis.file_values.kinds import Parameter
from call_analysis.rules.position import Position
from call_analysis.rules.scope import Found, NotApplicable, Scope
from call_analysis.turns import Hit


class Check(Protocol):
    """A condition type. Each is a frozen dataclass, the only one of a file in `call_analysis.conditions`.

    A parameter without a default value in the dataclass must be given. `__post_init__` raises ValueError for
    parameters that do not go together.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]]

    def find(self, scope: Scope) -> Found | NotApplicable:
        """What there is within the scope."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a condition or a rule. `truth` is None where it is not applicable, see `reason`.

    A verdict without hits names in `searched` the last words that were looked at.
    """

    truth: bool | None
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """`present` turns the answer round where it is false."""

    name: str
    check: Check
    roles: tuple[str, ...]
    position: Position
    present: bool = True

    def judge(self, call: Call, others: Mapping[str, Verdict]) -> Verdict:
        """The verdict in a call; `others` holds those of the conditions that the position refers to."""
        turns = [entry for entry in call.turns if entry.turn.role in self.roles]
        if not turns:
            return Verdict(None, reason=_why_nobody(self.roles, call))
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


def _why_nobody(roles: tuple[str, ...], call: Call) -> str:
    wanted = " or ".join(roles)
    if call.roles & set(roles):
        return f"no words of the {wanted} in this call"
    if ROLE_UNKNOWN in call.roles or not call.roles:
        return f"who is the {wanted} is not known: the recording does not keep the speakers apart"
    return f"the {wanted} is not in this recording; recorded: {', '.join(sorted(call.roles))}"
