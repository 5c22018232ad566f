"""Nearness: a phrase of each of two lists close to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Flag, Kind, Whole
from call_analysis.file_values.phrase_kinds import PHRASES
from call_analysis.hits import Hit
from call_analysis.rules.condition_phrases import ConditionPhrases
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase of `first` near one of `second`: in one turn, or in turns close to each other."""

    first: ConditionPhrases
    second: ConditionPhrases
    within_chars: int | None = None  # most characters between them, in one turn
    within_turns: int | None = None  # most turns from one to the other
    ordered: bool = False  # the phrase of `first` comes first

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "first": PHRASES,
        "second": PHRASES,
        "within_chars": Whole(0, 1000),
        "within_turns": Whole(0, 100),
        "ordered": Flag(),
    }

    def __post_init__(self) -> None:
        if (self.within_chars is None) == (self.within_turns is None):
            raise ValueError("needed: either within_chars or within_turns")

    def find(self, scope: Scope) -> Found | NotApplicable:
        """Both phrases of every pair that is near enough."""
        firsts, seconds = _said(self.first, scope), _said(self.second, scope)
        pairs = [
            pair for one in firsts for other in seconds if self._near(one, other) for pair in (one, other)
        ]
        if not pairs and (unjudged := self.first.unjudged(scope) or self.second.unjudged(scope)):
            return unjudged
        hits = sorted(set(pairs), key=lambda hit: (hit.turn.index, hit.start))
        return Found(bool(hits), tuple(hits))

    def _near(self, one: Hit, other: Hit) -> bool:
        early, late = sorted((one, other), key=lambda hit: (hit.turn.index, hit.start))
        apart = late.turn.index - early.turn.index
        if (self.ordered and early is not one) or (apart == 0 and late.start < early.end):
            return False
        if self.within_turns is not None:
            return apart <= self.within_turns
        return apart == 0 and late.start - early.end <= (self.within_chars or 0)


def _said(phrases: ConditionPhrases, scope: Scope) -> list[Hit]:
    return [
        Hit(stretch.entry.turn, finding.start, finding.end, finding.meaning)
        for stretch in scope.stretches
        for finding in phrases.find(stretch, count_negated=True)
    ]


CONDITION = Near
