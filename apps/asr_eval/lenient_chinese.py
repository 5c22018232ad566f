"""Lenient normalisation of Chinese: numbers in figures, however they are written."""

from __future__ import annotations

import re

from asr_text.chinese_number import DIGITS, NUMERALS, read_digits, write_cardinal

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_NUMERALS = re.compile(f"[{NUMERALS}幺]+")


def lenient_chinese(text: str) -> str:
    """Every numeral in figures, even in words that are not numbers (一定 becomes 1定). That does no harm,
    because reference and hypothesis are treated alike."""
    text = _THOUSANDS.sub("", text)
    text = _POINT.sub("点", _PERCENT.sub(r"百分之\1", text))
    return _NUMERALS.sub(_figures, text)


def _figures(match: re.Match[str]) -> str:
    said = match[0]
    if said == "百" and match.string[match.end() : match.end() + 2] == "分之":
        return said
    whole = write_cardinal(said)
    if whole is not None:
        return whole
    return "".join(
        read_digits(character) if character in DIGITS else character for character in said.replace("两", "二")
    )
