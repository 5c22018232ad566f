"""A lexicon: finds phrases in folded text and marks those that are negated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Generic, TypeVar

from call_analysis.text.folded_text import FoldedText, is_unbounded
from call_analysis.text.phrase_trie import Match, PhraseTrie

Meaning = TypeVar("Meaning")

_CLAUSE_END = re.compile(r"[,.!?;:。…\n]")
_SPACED_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Negation:
    """The phrases that negate others, and how far they reach."""

    before: tuple[str, ...] = ()  # "don't": negates the phrase after it
    after: tuple[str, ...] = ()  # "不用了": negates the phrase before it
    joiners: tuple[str, ...] = ()  # "or", "和": the phrase after a negated one is negated too
    reach: int = 5  # most words, or characters of scripts without spaces, in between


class _Mark(Enum):
    NEUTRAL = "has no meaning; hides the shorter phrases in it"
    NEGATES_NEXT = "negates the phrase after it"
    NEGATES_LAST = "negates the phrase before it"


@dataclass(frozen=True, slots=True)
class Finding(Generic[Meaning]):
    """A phrase at [start, end) of the original text."""

    start: int
    end: int
    meaning: Meaning
    negated: bool


class Lexicon(Generic[Meaning]):
    """Phrases with their meanings, neutral phrases and negations, searched together.

    Of overlapping phrases only the longest counts, whichever group it is in: the neutral "有没有" hides the
    negation "没有", and the phrase "没有声音" is not negated by the "没有" it begins with.
    """

    def __init__(
        self, phrases: Mapping[str, Meaning], negation: Negation, neutral: Iterable[str] = ()
    ) -> None:
        self._negation = negation
        entries: dict[str, Meaning | _Mark] = dict.fromkeys(neutral, _Mark.NEUTRAL)
        entries |= dict.fromkeys(negation.before, _Mark.NEGATES_NEXT)
        entries |= dict.fromkeys(negation.after, _Mark.NEGATES_LAST)
        entries |= phrases
        self._trie: PhraseTrie[Meaning | _Mark] = PhraseTrie(entries)

    def find(self, folded: FoldedText) -> list[Finding[Meaning]]:
        """All phrases that have a meaning, in order; those that are negated are marked."""
        matches = [match for match in self._trie.longest(folded.text) if match.meaning is not _Mark.NEUTRAL]
        negated = self._negated(folded.text, matches)
        return [
            Finding(*folded.original_span(match.start, match.end), match.meaning, index in negated)
            for index, match in enumerate(matches)
            if not isinstance(match.meaning, _Mark)
        ]

    def _negated(self, text: str, matches: list[Match[Meaning | _Mark]]) -> set[int]:
        negated: set[int] = set()
        for index, (left, right) in enumerate(pairwise(matches), start=1):
            gap = text[left.end : right.start]
            if _CLAUSE_END.search(gap):
                continue
            words = _words(gap)
            carried_on = index - 1 in negated and (not words or words[0] in self._negation.joiners)
            if len(words) <= self._negation.reach and right.meaning is _Mark.NEGATES_LAST:
                negated.add(index - 1)
            elif carried_on or (len(words) <= self._negation.reach and left.meaning is _Mark.NEGATES_NEXT):
                negated.add(index)
        return negated


def _words(gap: str) -> list[str]:
    words: list[str] = []
    for word in _SPACED_WORD.findall(gap):
        words.extend(word if any(map(is_unbounded, word)) else [word])
    return words
