"""Normalisation of texts before they are compared, and the units in which errors are counted.

`BASIC`: NFKC, lower case, apostrophes dropped, every other punctuation mark and symbol replaced by a space,
digits split from each other. `LENIENT` first unifies different spellings of the same words: numbers in words
and in figures; in English also contractions, fillers, titles and British spelling. See
`asr_eval.lenient_english` and `asr_eval.lenient_chinese`.

Errors are counted in characters for languages written without spaces, in words for all others.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from asr_eval.lenient_chinese import lenient_chinese
from asr_eval.lenient_english import lenient_english
from asr_types.languages import LANGUAGES


def _codes_and_names(*codes: str) -> frozenset[str]:
    """Codes and English names of these languages, in lower case."""
    return frozenset(codes).union(LANGUAGES[code].lower() for code in codes)


_BY_CHARACTER = _codes_and_names("zh", "yue", "ja", "th")
_LENIENT = dict.fromkeys(_codes_and_names("zh", "yue"), lenient_chinese) | dict.fromkeys(
    _codes_and_names("en"), lenient_english
)
_APOSTROPHES = re.compile("['’‘ʼ`]")
_DIGIT = re.compile(r"(\d)")


class Normalization(StrEnum):
    """Which differences of spelling do not count as errors; the module describes both kinds."""

    BASIC = "basic"
    LENIENT = "lenient"


def normalize(text: str) -> str:
    """The text in basic normalisation, words separated by single spaces."""
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).lower())
    kept = "".join(" " if unicodedata.category(character)[0] in "PSCZ" else character for character in folded)
    return " ".join(_DIGIT.sub(r" \1 ", kept).split())


def is_scored_by_character(language: str) -> bool:
    """Whether errors in this language (a code or an English name) are counted by character."""
    return language.lower() in _BY_CHARACTER


def rate_name(language: str) -> str:
    """`CER` or `WER`: what an error rate in this language is called."""
    return "CER" if is_scored_by_character(language) else "WER"


def score_units(text: str, language: str, normalization: Normalization = Normalization.BASIC) -> list[str]:
    """The characters or words of the normalised text."""
    if normalization is Normalization.LENIENT and (rewrite := _LENIENT.get(language.lower())):
        text = rewrite(unicodedata.normalize("NFKC", text))
    words = normalize(text).split()
    return list("".join(words)) if is_scored_by_character(language) else words
