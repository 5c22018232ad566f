"""The written form of spoken Chinese: numbers in figures, all other words unchanged.

Only numerals change, 百分之 (to %) and the decimal 点 (to a point). Units, 年月日 and 点分 stay, so no word
gets another meaning. A run of numerals is written as a whole or not at all, and one that can be read in two
ways is not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from asr_text.chinese_number import DIGITS, NUMERALS, read_cardinal, read_digits, write_cardinal
from asr_text.enumeration import is_enumeration

_N = f"[{NUMERALS}]+"
_D = f"[{DIGITS}]"

_MONEY = "块钱|元|美元|欧元|英镑|港币|港元|人民币|日元"
_COUNTED = re.compile(
    f"{_MONEY}|[块角毛秒个件台部次天年月日号岁点人位页章条张本份斤米度倍克吨升层楼栋户折期周届版路班级多箱盒瓶包袋套"
    "双封名家笔单室]|分钟|分(?!之)|小时|公里|公斤|千克|厘米|毫米|平|百分点"
)
_COUNTED_BY_TEN = re.compile(f"{_MONEY}|[块个件台次岁号]|分钟|小时|天(?!半)|公里|公斤|多[块个件台次岁]")
_COUNTED_BY_ONE = re.compile(_MONEY)
_MEASURED = re.compile("[元块倍米克吨升度秒折寸斤]|公里|公斤|千克|小时|厘米|毫米|英寸|个百分点")
_END_OF_CLAUSE = re.compile(r"$|[\s，。！？；：、,.!?;:]")

# Beside approximations, days of the week and figures the run of numerals is not the whole number.
_NO_NUMBER_AFTER = re.compile("(?:[几数初周0-9]|星期|礼拜)$")
_NO_NUMBER_BEFORE = re.compile("几|分之|[0-9]")

# 两到三千块 is not 两到3000块.
_RANGE_AFTER = re.compile(f"[{NUMERALS}][到至或]$")
_RANGE_BEFORE = re.compile(f"[到至或][{NUMERALS}]")


def write_chinese(text: str) -> str:
    """The text with its unambiguous numbers in figures."""
    return _ANY.sub(_written, text)


def _written(match: re.Match[str]) -> str:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if _NO_NUMBER_AFTER.search(before[-2:]) or _NO_NUMBER_BEFORE.match(after):
        return match[0]
    kind = str(match.lastgroup)
    if kind in ("decimal", "number") and (_RANGE_AFTER.search(before[-2:]) or _RANGE_BEFORE.match(after)):
        return match[0]
    _, write = _KINDS[kind]
    return write(match[0], after) or match[0]


def _saying(said: str, _: str) -> str:
    return said


def _percent(said: str, _: str) -> str | None:
    whole, _, fraction = said.removeprefix("百分之").partition("点")
    figures = "100" if whole == "百" else "0" if whole == "零" else write_cardinal(whole)
    return figures and f"{figures}{'.' if fraction else ''}{read_digits(fraction)}%"


def _date(said: str, _: str) -> str | None:
    year, _, rest = said.rpartition("年")
    month, _, day = rest.partition("月")
    figures = [_within(month, 12), _within(day, 31)]
    if None in figures:
        return None
    return f"{_year(year)}{figures[0]}月{figures[1]}"


def _year_and_month(said: str, _: str) -> str | None:
    year, _, month = said.partition("年")
    if not month:
        return _year(year)
    figures = _within(month.removesuffix("月"), 12)
    return figures and f"{_year(year)}{figures}月"


def _year(said: str) -> str:
    return f"{read_digits(said)}年" if said else ""


def _time(said: str, _: str) -> str | None:
    hour, _, minute = said.partition("点")
    hours = "0" if hour == "零" else _within(hour, 24)
    if not minute:
        return hours and f"{hours}点"
    minutes = _minutes(minute.removesuffix("分"))
    return hours and minutes and f"{hours}点{minutes}{'分' if minute.endswith('分') else ''}"


def _minutes(said: str) -> str | None:
    """Minutes have two digits: `零五` is 05, a single digit has no value."""
    if len(said) == 2 and said[0] in "零〇":
        return read_digits(said) if said[1] in DIGITS else None
    figures = _within(said, 59)
    return figures if figures and len(figures) == 2 else None


def _change(said: str, _: str) -> str | None:
    whole, unit, rest = re.split("([块元])", said, maxsplit=1)
    figures = write_cardinal(whole)
    return figures and figures + unit + "".join(read_digits(c) if c in DIGITS else c for c in rest)


def _decimal_or_time(said: str, after: str) -> str | None:
    whole, _, fraction = said.partition("点")
    large = fraction[-1:] if fraction[-1:] in "万亿" else ""
    fraction = fraction.removesuffix(large)
    if after.startswith("点"):
        return None
    if not set(fraction) <= set(DIGITS):
        return None if large else _time(said, after)
    measured = bool(large or _MEASURED.match(after))
    if not measured and _could_be_something_else(whole, fraction, after):
        return None
    figures = "0" if whole == "零" else write_cardinal(whole)
    return figures and f"{figures}.{read_digits(fraction)}{large}"


def _could_be_something_else(whole: str, fraction: str, after: str) -> bool:
    """Whether it may be something else than a decimal: 三点零五 a time, 早一点三个人 no number at all."""
    is_time = fraction[0] in "零〇" and len(fraction) == 2 and _within(whole, 24) is not None
    ends = _END_OF_CLAUSE.match(after) is not None
    return is_time or (len(fraction) == 1 and (whole == "一" or not ends))


def _number(said: str, after: str) -> str | None:
    if set(said) <= set(DIGITS) and len(said) > 1:
        return read_digits(said) if len(said) > 2 and not is_enumeration(read_digits(said)) else None
    figures = write_cardinal(said)
    if len(said) > 2 and said[-1] in DIGITS and said[-2] in "百千万亿":  # 一百二: of something, or the price
        exact = _COUNTED_BY_ONE.match(after) or after.startswith("块")
        ends = _END_OF_CLAUSE.match(after) and said != "二百五"
        return figures if exact or ends else None
    if len(said) > 2 and (read_cardinal(said) or 0) >= 100:
        return figures
    counted = _COUNTED_BY_ONE if len(said) == 1 else _COUNTED
    if said == "十":
        counted = _COUNTED_BY_TEN
    return figures if counted.match(after) else None


def _within(said: str, limit: int) -> str | None:
    value = read_cardinal(said)
    return str(value) if value is not None and value <= limit else None


# Tried in this order at each place. The first that matches consumes its match, even if it stays unwritten.
_KINDS: dict[str, tuple[str, Callable[[str, str], str | None]]] = {
    "saying": (
        "一五一十|七七八八|十万八千里|一千零一夜|三百六十行|十有八九|双十[一二]|一百个不|一万个不|一万年",
        _saying,
    ),
    "percent": (f"百分之{_N}(?:点{_D}+)?", _percent),
    "date": (f"(?:{_D}{{4}}年)?{_N}月{_N}(?=[日号])", _date),
    "year": (f"{_D}{{4}}年(?:{_N}月)?", _year_and_month),
    "time": (f"{_N}点{_N}分(?!之)|{_N}点(?=一刻|三刻|钟|整|半(?![价点]))", _time),
    "part_of_day": (f"(?<=上午|下午|早上|晚上|中午|凌晨|傍晚|今晚|明早|夜里){_N}点(?:{_N})?", _time),
    "change": (
        rf"{_N}[块元](?:{_D}[毛角](?:{_D}分)?|{_D}(?=钱|一[斤个件份盒瓶]|[\s，。！？、,.!?]|$))",
        _change,
    ),
    "decimal": (f"{_N}点{_N}", _decimal_or_time),
    "number": (f"[{NUMERALS}幺]+", _number),
}
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in _KINDS.items()))
