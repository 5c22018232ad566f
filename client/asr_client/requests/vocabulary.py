"""Vocabulary of a call: names and terms to expect, and how to notice those that nobody said.

A model that is given words tends to write them where it hears nothing it knows. An answer that consists of
these words alone, or begins or ends with several of them in a row, is suspect: the same audio is then
transcribed once more without context. If that plain answer holds nothing like the suspect words, it is taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from asr_client.errors import InvalidOption

MAX_WORDS = 100
MAX_CHARACTERS = 1000

_SEPARATORS = re.compile(r"[\s,，、;；|]+")
_MAX_MISSED = 0.5  # share of the suspect characters that the plain answer may miss


def context_text(context: str | Sequence[str]) -> str:
    """The context as it is sent, from free text or a list. Raises InvalidOption for too many words."""
    text = context if isinstance(context, str) else " ".join(word.strip() for word in context)
    words = len(context_words(text))
    if words > MAX_WORDS or len(text) > MAX_CHARACTERS:
        raise InvalidOption(
            f"context has {words} words and {len(text)} characters; "
            f"allowed are {MAX_WORDS} and {MAX_CHARACTERS}: more of them make the model worse, not better"
        )
    return text.strip()


def context_words(context: str) -> tuple[str, ...]:
    """The words of a context, folded: letters and digits only, without case."""
    folded = (_folded(word) for word in _SEPARATORS.split(context))
    return tuple(dict.fromkeys(word for word in folded if word))


def suspect_words(text: str, words: Sequence[str]) -> str:
    """The part of `text` that may come from the context alone; empty when nothing is suspect."""
    spoken = _folded(text)
    if not words or not spoken:
        return ""
    # Longest first, so that of two words with the same beginning the longer one matches.
    word = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    found = (
        re.fullmatch(f"(?:{word})+", spoken)
        or re.search(f"(?:{word}){{2,}}$", spoken)
        or re.match(f"(?:{word}){{2,}}", spoken)
    )
    return found[0] if found else ""


def is_supported(suspect: str, plain: str) -> bool:
    """Whether some stretch of the plain answer is like the suspect words, letter by letter."""
    return _distance_to_part(suspect, _folded(plain)) <= _MAX_MISSED * len(suspect)


def _folded(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _distance_to_part(wanted: str, text: str) -> int:
    """Edits that turn `wanted` into the stretch of `text` that is nearest to it."""
    row = [0] * (len(text) + 1)
    for count, letter in enumerate(wanted, 1):
        above, row = row, [count]
        for column, other in enumerate(text, 1):
            row.append(min(above[column - 1] + (letter != other), above[column] + 1, row[-1] + 1))
    return min(row)
