"""Whole numbers as they are said in English, as lists of lower-case words."""

from __future__ import annotations

from collections.abc import Sequence

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_SMALL_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
_TENS = (
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip

SCALES = {"billion": 10**9, "million": 10**6, "thousand": 1000}
BELOW_TWENTY = {word: value for value, word in enumerate(_SMALL)}
TENS = {word: 10 * (index + 2) for index, word in enumerate(_TENS)}
ORDINALS = {word: value for value, word in enumerate(_SMALL_ORDINALS) if value} | {
    f"{word[:-1]}ieth": value for word, value in TENS.items()
}
DIGITS = {word: value for word, value in BELOW_TWENTY.items() if value < 10} | {"oh": 0}
LONGEST_CARDINAL = 24  # words, below a thousand billion
CARDINAL_WORDS = (*BELOW_TWENTY, *TENS, "hundred", *SCALES)


def read_cardinal(words: Sequence[str]) -> int | None:
    """The value of a number such as `two hundred and fifty`; None for several, such as `one thirty five`."""
    if not 0 < len(words) <= LONGEST_CARDINAL:
        return None
    for name, scale in SCALES.items():
        if name in words:
            place = list(words).index(name)
            above = _below_thousand(words[:place])
            below = _after_unit(words[place + 1 :], scale)
            return None if not above or below is None else above * scale + below
    return _below_thousand(words)


def read_ordinal(words: Sequence[str]) -> int | None:
    """The value of an ordinal up to 99, such as `twenty first`; None for anything else."""
    *before, last = words
    if last not in ORDINALS:
        return None
    value = ORDINALS[last]
    if not before:
        return value
    return TENS[before[0]] + value if len(before) == 1 and before[0] in TENS and value < 10 else None


def read_digits(words: Sequence[str]) -> str | None:
    """The figures of digits read one by one: `double five oh one` is 5501. None where a word is no digit."""
    digits = ""
    times = 1
    for word in words:
        if word in ("double", "triple") and times == 1:
            times = 2 if word == "double" else 3
        elif word in DIGITS:
            digits += str(DIGITS[word]) * times
            times = 1
        else:
            return None
    return digits if times == 1 else None


def ordinal_ending(value: int) -> str:
    """The ending of an ordinal in figures: `st` for 21, `th` for 11."""
    if value % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def _below_thousand(words: Sequence[str]) -> int | None:
    if "hundred" not in words:
        return _below_hundred(words)
    place = list(words).index("hundred")
    above = BELOW_TWENTY.get(words[0]) if place == 1 else None
    below = _after_unit(words[place + 1 :], 100)
    return None if not above or below is None else above * 100 + below


def _after_unit(words: Sequence[str], unit: int) -> int | None:
    if words and words[0] == "and":
        words = words[1:] or ("",)
    value = read_cardinal(words) if words else 0
    return value if value is not None and value < unit and (value or not words) else None


def _below_hundred(words: Sequence[str]) -> int | None:
    if len(words) == 2 and words[0] in TENS:
        unit = BELOW_TWENTY.get(words[1], 0)
        return TENS[words[0]] + unit if 0 < unit < 10 else None
    return {**BELOW_TWENTY, **TENS}.get(words[0]) if len(words) == 1 else None
