"""Joins the texts of two segments that were cut in the middle of speech and heard the same second twice.

The end of the left text and the beginning of the right one hold the same words, perhaps after a fragment of
the word at which each recording begins or ends. They are aligned, and the texts are joined in the middle of
what they share: there both have heard the words whole. What shares nothing is divided by time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Scores = NDArray[np.float64]

_MOST_TOKENS_PER_S = 12  # nobody speaks more words or Chinese characters
_MATCH = 2.0
_MISMATCH = -1.0
_SKIP = -1.0
_FRAGMENT = -0.5  # each of up to four tokens behind the left match or before the right one
_FRAGMENTS = 4
_STRANGE = -2.0  # each token more
_ENOUGH = 3.0  # two tokens, less a fragment or two; one alone agrees by chance

# A Han, kana or Thai character, a digit of a number, or a run of other letters; what follows belongs to it.
_ALONE = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_ALONE}]|\d(?=\d*(?:[\W{_ALONE}]|$))|[^\W{_ALONE}]+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class _Token:
    word: str  # as it is compared
    start: int  # in the text
    end: int


def join_at_seam(left: str, right: str, overlap_s: float) -> tuple[str, str] | None:
    """Both texts without what the other has, or None when they share nothing that could be told.

    `overlap_s` is how much audio both have heard.
    """
    most = max(2, round(overlap_s * _MOST_TOKENS_PER_S))
    left_tokens, right_tokens = _tokens(left)[-most:], _tokens(right)[:most]
    shared = _align([token.word for token in left_tokens], [token.word for token in right_tokens])
    if not shared:
        return None
    in_left, in_right = shared[len(shared) // 2]
    return left[: left_tokens[in_left].start].rstrip(), right[right_tokens[in_right].start :]


def divide_at_seam(left: str, right: str, left_share: float, right_share: float) -> tuple[str, str]:
    """The texts without the shares of them that belong to the other side if everybody speaks evenly."""
    left_tokens, right_tokens = _tokens(left), _tokens(right)
    kept = len(left_tokens) - round(left_share * len(left_tokens))
    skipped = round(right_share * len(right_tokens))
    return (
        left[: left_tokens[kept].start].rstrip() if kept < len(left_tokens) else left,
        right[right_tokens[skipped].start :] if skipped < len(right_tokens) else "",
    )


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(unicodedata.normalize("NFKC", found[0]).casefold(), found.start(), found.end())
        for found in _TOKEN.finditer(text)
    ]


def _align(left: list[str], right: list[str]) -> list[tuple[int, int]]:
    """Pairs of equal tokens where an end of `left` meets a beginning of `right`; empty without enough."""
    if not left or not right:
        return []
    score = _scores(left, right)
    ends = score + _fragments(len(left))[::-1, None]
    best = np.unravel_index(int(np.argmax(ends)), ends.shape)
    if ends[best] < min(_ENOUGH, _MATCH * min(len(left), len(right))):
        return []
    return _traced(score, left, right, int(best[0]), int(best[1]))


def _scores(left: list[str], right: list[str]) -> _Scores:
    """`score[i, j]`: best alignment of some end of `left[:i]` with the beginning `right[:j]`."""
    fragments = _fragments(len(right))
    score = np.tile(fragments, (len(left) + 1, 1))
    for i, a in enumerate(left, 1):
        for j, b in enumerate(right, 1):
            score[i, j] = max(
                score[i - 1, j - 1] + (_MATCH if a == b else _MISMATCH),
                score[i - 1, j] + _SKIP,
                score[i, j - 1] + _SKIP,
                fragments[j],
            )
    return score


def _fragments(tokens: int) -> _Scores:
    """What it costs to leave out the first so many tokens of the right text, or the last of the left one."""
    count = np.arange(tokens + 1)
    return _FRAGMENT * np.minimum(count, _FRAGMENTS) + _STRANGE * np.maximum(count - _FRAGMENTS, 0)


def _traced(
    score: _Scores,
    left: list[str],
    right: list[str],
    i: int,
    j: int,
) -> list[tuple[int, int]]:
    fragments = _fragments(len(right))
    pairs = []
    while i > 0 and j > 0 and score[i, j] != fragments[j]:
        equal = left[i - 1] == right[j - 1]
        if score[i, j] == score[i - 1, j - 1] + (_MATCH if equal else _MISMATCH):
            i, j = i - 1, j - 1
            if equal:
                pairs.append((i, j))
        elif score[i, j] == score[i - 1, j] + _SKIP:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
