"""Whole numbers as they are said in Chinese.

Only unambiguous numbers have a value here. Approximations (三四十, 三百五六), series (九九八十一) and numbers
without a required 零 have none.
"""

from __future__ import annotations

from collections.abc import Sequence

NUMERALS = "零〇一二两三四五六七八九十百千万亿"
DIGITS = "零〇一二三四五六七八九幺"

_VALUES = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1}
_COUNTS = {character: value for character, value in _VALUES.items() if value and character != "幺"} | {
    "两": 2
}
_UNITS = (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10))


def read_digits(said: str) -> str:
    """The figures of a number read digit by digit: `幺三八` is 138. All characters must be in `DIGITS`."""
    return "".join(str(_VALUES[character]) for character in said)


def read_cardinal(said: str) -> int | None:
    """The value of a number from 1 to 10^12, or None. `三万五` is 35 000, `一百二` 120."""
    return _read(said, _UNITS)


def write_cardinal(said: str) -> str | None:
    """The number in figures, or None. A final 万 or 亿 stays: `三百万` is 300万, `五万三千` is 53000."""
    value = read_cardinal(said)
    if value is None:
        return None
    hundred_millions, rest = divmod(value, 10**8)
    if said.endswith("亿"):
        return f"{hundred_millions}亿"
    if said.endswith("万"):
        return (f"{hundred_millions}亿" if hundred_millions else "") + f"{rest // 10**4}万"
    return str(value)


def _read(said: str, units: Sequence[tuple[str, int]]) -> int | None:
    if not units:
        return _COUNTS.get(said)
    (name, unit), *finer = units
    if name not in said:
        return _read(said, finer)
    before, _, after = said.rpartition(name)
    count = 1 if name == "十" and not before else _read(before, finer)
    rest = _rest(after, unit, finer)
    if count is None or rest is None or (unit <= 1000 and count > 9):
        return None
    return count * unit + rest


def _rest(said: str, unit: int, finer: Sequence[tuple[str, int]]) -> int | None:
    """The value of what follows a unit.

    零 must stand where a place is empty and nowhere else. A single digit counts the next lower place.
    """
    if not said:
        return 0
    if said in _COUNTS:
        return _COUNTS[said] * unit // 10
    has_zero = said[0] in "零〇"
    value = _read(said[1:] if has_zero else said, finer)
    if value is None or has_zero != (value < unit // 10):
        return None
    return value
