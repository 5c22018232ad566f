"""Similarity: words that come close to a phrase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind, Number
from call_analysis.file_values.phrase_kinds import PHRASES
from call_analysis.hits import Hit
from call_analysis.rules.condition_phrases import ConditionPhrases
from call_analysis.rules.scope import Found, NotApplicable, Scope, Stretch
from call_analysis.text.folded_text import FoldedText
from call_analysis.text.phrase_trie import ANY_ENDING

_SHORTEST = 4  # characters; shorter phrases have too few bigrams to compare


@dataclass(frozen=True, slots=True)
class Similar:
    """A part of a turn as long as the phrase that has at least `threshold` of its character bigrams.

    Punctuation and spaces do not count.
    """

    phrases: ConditionPhrases
    threshold: float = 0.7

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {"phrases": PHRASES, "threshold": Number(0.3, 1)}

    def __post_init__(self) -> None:
        for key, text in self.phrases.texts.items():
            if len(_letters(key)) < _SHORTEST or key.endswith(ANY_ENDING):
                raise ValueError(f"{text!r} is too short to compare; needed: {_SHORTEST} characters, no '*'")

    def find(self, scope: Scope) -> Found | NotApplicable:
        """For each turn and phrase the most similar part, if it reaches the threshold."""
        wanted = {text: Counter(_pairs(_letters(key))) for key, text in self.phrases.texts.items()}
        hits = tuple(hit for stretch in scope.stretches for hit in self._hits(stretch, wanted))
        if not hits and (unjudged := self.phrases.unjudged(scope)):
            return unjudged
        return Found(bool(hits), hits)

    def _hits(self, stretch: Stretch, phrases: Mapping[str, Counter[str]]) -> Iterator[Hit]:
        folded = stretch.entry.text
        places = _places(folded)
        letters = "".join(folded.text[place] for place in places)
        there = set(_pairs(letters))
        for text, wanted in phrases.items():
            if len(there & wanted.keys()) < self.threshold * len(wanted):
                continue
            similarity, start, end = _closest(letters, wanted)
            if similarity >= self.threshold:
                hit = stretch.hit(*folded.original_span(places[start], places[end - 1] + 1), text)
                if hit is not None:
                    yield hit


def _closest(letters: str, wanted: Counter[str]) -> tuple[float, int, int]:
    """The highest similarity over all parts with as many bigrams as are wanted, and where that part is."""
    pairs, size = _pairs(letters), wanted.total()
    best, best_start, best_end = 0.0, 0, 1
    missing, shared = dict(wanted), 0  # of the part that ends here
    for end, pair in enumerate(pairs, start=1):
        if pair in missing:
            shared += missing[pair] > 0
            missing[pair] -= 1
        start = end - size
        if start > 0 and (left := pairs[start - 1]) in missing:
            missing[left] += 1
            shared -= missing[left] > 0
        if (start >= 0 or end == len(pairs)) and shared / size > best:
            best, best_start, best_end = shared / size, max(start, 0), end + 1
    return best, best_start, best_end


def _pairs(letters: str) -> list[str]:
    return [letters[index : index + 2] for index in range(len(letters) - 1)]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _places(folded: FoldedText) -> list[int]:
    return [index for index, character in enumerate(folded.text) if character.isalnum()]


CONDITION = Similar
