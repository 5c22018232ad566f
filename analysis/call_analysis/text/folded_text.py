"""Folded text: a form for comparison that maps back to the original characters.

Folding applies NFKC (full-width and half-width forms) and lower case, writes every apostrophe alike, and
writes hyphens and runs of white space as one space. Beside a character of a script without spaces between
words it drops the space.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´"), "'")
_HYPHENS = dict.fromkeys(map(ord, "-‐‑‒_"), " ")
_FOLDS = {**_APOSTROPHES, **_HYPHENS}

# Scripts without spaces between words, and Korean, where particles are written onto words.
_UNBOUNDED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7A3),  # Hangul
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text and its folded form."""

    original: str
    text: str  # folded
    starts: tuple[int, ...]  # of each folded character in the original
    ends: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that the folded characters [start, end) come from."""
        return self.starts[start], self.ends[end - 1]


def fold(original: str) -> FoldedText:
    """Fold a text."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(original):
        folded = _fold_character(original[start]) if end - start == 1 else _fold_cluster(original[start:end])
        for character in folded:
            if character == " " and _is_space_idle(characters):
                continue
            if is_unbounded(character) and characters and characters[-1] == " ":
                characters.pop(), starts.pop(), ends.pop()
            characters.append(character)
            starts.append(start)
            ends.append(end)
    if characters and characters[-1] == " ":
        characters.pop(), starts.pop(), ends.pop()
    return FoldedText(original, "".join(characters), tuple(starts), tuple(ends))


def is_boundary(text: str, index: int) -> bool:
    """Whether a phrase may start or end between `text[index - 1]` and `text[index]` (both folded)."""
    if index == 0 or index == len(text):
        return True
    before, after = text[index - 1], text[index]
    if _is_letter(before) and _is_letter(after):
        return False
    if after == "'" and _is_letter(before):
        return not _continues_word(text, index)
    return not (before == "'" and _is_letter(after) and index >= 2 and _is_letter(text[index - 2]))


@lru_cache(maxsize=1 << 14)
def is_unbounded(character: str) -> bool:
    """Whether phrases in the character's script may start and end anywhere, as in Chinese."""
    code = ord(character)
    return code >= 0x0E00 and any(low <= code <= high for low, high in _UNBOUNDED)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Each character together with the combining marks that follow it."""
    if text.isascii():
        return [(index, index + 1) for index in range(len(text))]
    edges = [index for index, character in enumerate(text) if index == 0 or not _combines(character)]
    return list(zip(edges, [*edges[1:], len(text)], strict=True))


@lru_cache(maxsize=1 << 14)
def _combines(character: str) -> bool:
    return ord(character) >= 0x300 and unicodedata.combining(unicodedata.normalize("NFKC", character)[0]) > 0


def _fold_cluster(cluster: str) -> str:
    folded = cluster if cluster.isascii() else unicodedata.normalize("NFKC", cluster)
    folded = folded.lower().translate(_FOLDS)
    return " " if folded.isspace() else folded


_fold_character = lru_cache(maxsize=1 << 14)(_fold_cluster)


def _is_space_idle(characters: list[str]) -> bool:
    return not characters or characters[-1] == " " or is_unbounded(characters[-1])


@lru_cache(maxsize=1 << 14)
def _is_letter(character: str) -> bool:
    return character.isalnum() and not is_unbounded(character)


def _continues_word(text: str, apostrophe: int) -> bool:
    """Whether an apostrophe is inside a word: in "can't", but not in "manager's" or as a quotation mark."""
    rest = text[apostrophe + 1 : apostrophe + 3]
    if not rest or not _is_letter(rest[0]):
        return False
    return rest[0] != "s" or (len(rest) == 2 and _is_letter(rest[1]))
