"""A trie of phrases: finds many phrases in one pass over a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from call_analysis.text.folded_text import is_boundary

Meaning = TypeVar("Meaning")

ANY_ENDING = "*"


@dataclass(frozen=True, slots=True)
class Match(Generic[Meaning]):
    """A phrase found at [start, end) of a folded text."""

    start: int
    end: int
    meaning: Meaning


@dataclass(slots=True)
class _Node(Generic[Meaning]):
    children: dict[str, _Node[Meaning]] = field(default_factory=dict)
    whole: Meaning | None = None  # the phrase ends here, at a word's end
    prefix: Meaning | None = None  # the phrase ends in "*": any ending of the word


class PhraseTrie(Generic[Meaning]):
    """Folded phrases with their meanings.

    Words match as a whole, except in scripts without spaces, where a phrase matches anywhere. "refund*"
    matches every word that begins with "refund".
    """

    def __init__(self, phrases: Mapping[str, Meaning]) -> None:
        self._root: _Node[Meaning] = _Node()
        for phrase, meaning in phrases.items():
            node = self._root
            for character in phrase.removesuffix(ANY_ENDING):
                node = node.children.setdefault(character, _Node())
            if phrase.endswith(ANY_ENDING):
                node.prefix = meaning
            else:
                node.whole = meaning

    def longest(self, text: str) -> list[Match[Meaning]]:
        """Matches in a folded text, in order. Of overlapping ones the longest is kept, then the leftmost."""
        candidates = [
            match
            for start, character in enumerate(text)
            if character in self._root.children and is_boundary(text, start)
            for match in self._from(text, start)
        ]
        candidates.sort(key=lambda match: (match.start - match.end, match.start))
        taken = bytearray(len(text))
        chosen: list[Match[Meaning]] = []
        for match in candidates:
            if not any(taken[match.start : match.end]):
                taken[match.start : match.end] = b"\1" * (match.end - match.start)
                chosen.append(match)
        return sorted(chosen, key=lambda match: match.start)

    def _from(self, text: str, start: int) -> Iterator[Match[Meaning]]:
        node = self._root
        for end in range(start + 1, len(text) + 1):
            child = node.children.get(text[end - 1])
            if child is None:
                return
            node = child
            if node.whole is not None and is_boundary(text, end):
                yield Match(start, end, node.whole)
            if node.prefix is not None:
                yield Match(start, _word_end(text, end), node.prefix)


def _word_end(text: str, end: int) -> int:
    while not is_boundary(text, end):
        end += 1
    return end
