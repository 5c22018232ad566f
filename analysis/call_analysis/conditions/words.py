"""Words: phrases that are said, any, all or none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Choice, Flag, Kind, Whole
from call_analysis.file_values.phrase_kinds import PHRASES
from call_analysis.hits import Hit
from call_analysis.rules.condition_phrases import ConditionPhrases
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases in the scope."""

    phrases: ConditionPhrases
    match: str = "any"  # any, all, none
    at_least: int = 1  # times that any of them is said
    distinct: bool = False  # `at_least` counts different phrases
    count_negated: bool = True  # false: negated phrases are left out

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "phrases": PHRASES,
        "match": Choice(("any", "all", "none")),
        "at_least": Whole(1, 1000),
        "distinct": Flag(),
        "count_negated": Flag(),
    }

    def __post_init__(self) -> None:
        if self.match != "any" and self.at_least != 1:
            raise ValueError(f"at_least goes with match: any only; got match: {self.match}")
        if self.distinct and self.at_least > len(self.phrases.texts):
            raise ValueError(
                f"at_least is {self.at_least} but there are {len(self.phrases.texts)} distinct phrases"
            )

    def find(self, scope: Scope) -> Found | NotApplicable:
        """Every place where a phrase is said."""
        hits = tuple(
            Hit(stretch.entry.turn, finding.start, finding.end, finding.meaning)
            for stretch in scope.stretches
            for finding in self.phrases.find(stretch, self.count_negated)
        )
        said = {hit.phrase for hit in hits}
        if self.match == "all":
            holds = said == set(self.phrases.texts.values())
        else:
            holds = (len(said) if self.distinct else len(hits)) >= self.at_least
        if not holds and (unjudged := self.phrases.unjudged(scope)):
            return unjudged
        return Found(holds != (self.match == "none"), hits)


CONDITION = Words
