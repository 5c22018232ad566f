"""Spelling of numbers in words, as people say them on the telephone."""

from __future__ import annotations

CHINESE_DIGITS = "零一二三四五六七八九"
CHINESE_UNITS = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
ENGLISH_ONES = tuple(_ONES.split())
ENGLISH_TENS = ("", "", *_TENS.split())
ENGLISH_ORDINALS = tuple(_ORDINALS.split())


def chinese_number(number: int) -> str:
    """Spell 0..9999. 2 before 百 and 千 is 两; a leading 10 is 十, not 一十."""
    if number == 0:
        return CHINESE_DIGITS[0]
    spelled, gap = "", False
    for value, unit in CHINESE_UNITS:
        digit, number = divmod(number, value)
        if digit == 0:
            gap = bool(spelled)
            continue
        spelled += CHINESE_DIGITS[0] if gap else ""
        spelled += _chinese_digit(digit, value, first=not spelled) + unit
        gap = False
    return spelled


def _chinese_digit(digit: int, value: int, first: bool) -> str:
    if digit == 1 and value == 10 and first:
        return ""
    if digit == 2 and value >= 100:
        return "两"
    return CHINESE_DIGITS[digit]


def chinese_count(number: int) -> str:
    """Spell a number before a measure word, where 2 is 两 and not 二."""
    return "两" if number == 2 else chinese_number(number)


def english_number(number: int) -> str:
    """Spell 0..999 999, without hyphens or "and"."""
    if number < 20:
        return ENGLISH_ONES[number]
    if number < 100:
        return _with_rest(ENGLISH_TENS[number // 10], number % 10)
    if number < 1000:
        return _with_rest(f"{ENGLISH_ONES[number // 100]} hundred", number % 100)
    return _with_rest(f"{english_number(number // 1000)} thousand", number % 1000)


def english_ordinal(number: int) -> str:
    """Spell 1..31 as ordinals, as in dates."""
    if number <= len(ENGLISH_ORDINALS):
        return ENGLISH_ORDINALS[number - 1]
    if number % 10 == 0:
        return "thirtieth"
    return f"{ENGLISH_TENS[number // 10]} {ENGLISH_ORDINALS[number % 10 - 1]}"


def _with_rest(spelled: str, rest: int) -> str:
    return f"{spelled} {english_number(rest)}" if rest else spelled
