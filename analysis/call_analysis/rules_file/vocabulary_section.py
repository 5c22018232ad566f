"""The section "negation" of a rules file, and what it and "neutral" give: the vocabulary."""

from __future__ import annotations

from call_analysis.file_values.kinds import Whole
from call_analysis.file_values.phrase_kinds import FoldedPhrases
from call_analysis.file_values.section import Entries, Section
from call_analysis.text.lexicon import Negation

NEUTRAL = FoldedPhrases()


def _negation(entries: Entries) -> Negation:
    return Negation(**entries.values())


NEGATION = Section(
    kinds={
        "before": FoldedPhrases(),
        "after": FoldedPhrases(),
        "joiners": FoldedPhrases(),
        "reach": Whole(0, 20),
    },
    required=("before", "reach"),
    build=_negation,
)
