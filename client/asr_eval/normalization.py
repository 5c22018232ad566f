"""Text normalisation before scoring, published so that figures can be compared.

NFKC, lower case, apostrophes dropped, every other punctuation mark and symbol replaced by a space, digits
split from each other. Then the units that are counted: characters for languages written without spaces,
words for all others.
"""

from __future__ import annotations

import re
import unicodedata

# Names as the model gives them, and codes.
_BY_CHARACTER = frozenset({"chinese", "zh", "cantonese", "yue", "japanese", "ja", "thai", "th"})
_APOSTROPHES = re.compile("['’‘ʼ`]")
_DIGIT = re.compile(r"(\d)")


def normalize(text: str) -> str:
    """The normalised text, words separated by single spaces."""
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).lower())
    kept = "".join(" " if unicodedata.category(character)[0] in "PSCZ" else character for character in folded)
    return " ".join(_DIGIT.sub(r" \1 ", kept).split())


def is_scored_by_character(language: str) -> bool:
    """Whether errors in this language (a code or an English name) are counted by character."""
    return language.lower() in _BY_CHARACTER


def score_units(text: str, language: str) -> list[str]:
    """What is counted: characters or words of the normalised text."""
    words = normalize(text).split()
    return list("".join(words)) if is_scored_by_character(language) else words
