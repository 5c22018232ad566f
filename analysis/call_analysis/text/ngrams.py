"""N-grams: the features of a text that the intent classifier counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from call_analysis.text.folded_text import is_unbounded

_RUN_OR_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\s\w]+")
_LONGEST_RUN = 3  # characters of Chinese and the like
_WORD_PIECES = (3, 4, 5)  # characters of a word with its edges
_LONGEST_PHRASE = 3  # words
_DIGIT = re.compile(r"\d")


class Ngram(NamedTuple):
    """A feature, at [start, end) of the text."""

    feature: str
    start: int
    end: int


def ngrams(text: str) -> Iterator[Ngram]:
    """The features of a folded text.

    Scripts without spaces give character n-grams; others give words, up to three neighbouring words, and
    parts of words. Every digit counts as 0. No feature reaches across punctuation.
    """
    words: list[tuple[str, int]] = []
    for match in _RUN_OR_WORD.finditer(_DIGIT.sub("0", text)):
        found, start = match[0], match.start()
        if not any(map(str.isalnum, found)):
            words.clear()
        elif any(map(is_unbounded, found)):
            words.clear()
            yield from _characters(found, start)
        else:
            words.append((found, start))
            yield from _phrases(words[-_LONGEST_PHRASE:])
            yield from _pieces(found, start)


def _characters(run: str, offset: int) -> Iterator[Ngram]:
    for length in range(1, _LONGEST_RUN + 1):
        for start in range(len(run) - length + 1):
            yield Ngram(run[start : start + length], offset + start, offset + start + length)


def _phrases(words: list[tuple[str, int]]) -> Iterator[Ngram]:
    last, last_start = words[-1]
    for first, (_, start) in enumerate(words):
        joined = " ".join(word for word, _ in words[first:])
        yield Ngram(f"w:{joined}", start, last_start + len(last))


def _pieces(word: str, offset: int) -> Iterator[Ngram]:
    edged = f"<{word}>"
    for length in _WORD_PIECES:
        for start in range(len(edged) - length + 1):
            end = min(start + length - 1, len(word))
            yield Ngram(f"p:{edged[start : start + length]}", offset + max(start - 1, 0), offset + end)
