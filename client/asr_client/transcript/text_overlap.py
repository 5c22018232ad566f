"""Text overlap: where the texts of two neighbouring segments say the same words, and how to split there.

Both segments were sent the same second or two around a cut in the middle of speech. So the left text ends
with the words that the right one begins with, apart from a fragment of a word at either end. The words are
aligned, and both texts are split in the middle of the shared ones: there, both segments have heard the words
whole. Texts that share no words are split by time.
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
_FRAGMENT = -0.5  # each of up to four tokens behind the match in the left text, or before it in the right one
_FRAGMENTS = 4
_FURTHER = -2.0  # each token beyond those four
_ENOUGH = 3.0  # two equal tokens less some fragments; one equal token alone may be chance

# A token is one Han, kana or Thai character, one digit of a number, or a run of other letters.
_ALONE = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_ALONE}]|\d(?=\d*(?:[\W{_ALONE}]|$))|[^\W{_ALONE}]+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class _Token:
    word: str  # folded, for comparing
    start: int  # index into the text
    end: int


def split_at_shared_words(left: str, right: str, overlap_s: float) -> tuple[str, str] | None:
    """Both texts, each without the words that the other one keeps; None if they share no words.

    `overlap_s` is how much audio both segments were sent.
    """
    most = max(2, round(overlap_s * _MOST_TOKENS_PER_S))
    left_tokens, right_tokens = _tokens(left)[-most:], _tokens(right)[:most]
    shared = _align([token.word for token in left_tokens], [token.word for token in right_tokens])
    if not shared:
        return None
    in_left, in_right = shared[len(shared) // 2]
    return left[: left_tokens[in_left].start].rstrip(), right[right_tokens[in_right].start :]


def split_by_time(left: str, right: str, left_share: float, right_share: float) -> tuple[str, str]:
    """Both texts without the share of their audio that belongs to the other side, as for an even speed."""
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
    """`score[i, j]` is that of the best alignment of an end of `left[:i]` with the beginning `right[:j]`."""
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
    """Score for leaving out 0, 1, … tokens: the first of the right text, or the last of the left one."""
    count = np.arange(tokens + 1)
    return _FRAGMENT * np.minimum(count, _FRAGMENTS) + _FURTHER * np.maximum(count - _FRAGMENTS, 0)


def _traced(
    score: _Scores,
    left: list[str],
    right: list[str],
    i: int,
    j: int,
) -> list[tuple[int, int]]:
    """The pairs of equal tokens on the best path that ends at (i, j)."""
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
