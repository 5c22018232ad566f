"""The written form of spoken English: numbers in figures, all other words unchanged.

Besides numbers only dollars, euros and percent change, to symbols. A run of number words is written as a
whole or not at all, and one that can be read in two ways is not written: `ten thirty` is a time only beside
a.m., p.m. or a preposition of time, and `twenty twenty six` a year only in a date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from asr_text.english_number import (
    CARDINAL_WORDS,
    DIGITS,
    LONGEST_CARDINAL,
    ORDINALS,
    ordinal_ending,
    read_cardinal,
    read_digits,
    read_ordinal,
)
from asr_text.enumeration import is_enumeration

_Write = Callable[[re.Match[str]], str | None]

_WORD = rf"(?:{'|'.join(sorted(CARDINAL_WORDS, key=len, reverse=True))})\b"
# "and" belongs to a number only after hundred, thousand, million, billion.
_N = rf"\b{_WORD}(?:(?:(?<=dred|sand|lion)\s+and\s+|\s+|-){_WORD}){{0,{LONGEST_CARDINAL}}}"
_ONE_DIGIT = rf"(?:{'|'.join(DIGITS)})\b"
_DIGIT = rf"(?:(?:double|triple)\s+)?{_ONE_DIGIT}"
_FRACTION = rf"\s+point(?:\s+{_ONE_DIGIT})+(?:\s+(?:million|billion)\b)?"
_AMOUNT = rf"{_N}(?:{_FRACTION})?"
_ORDINAL = rf"\b(?:(?:twenty|thirty)(?:\s+|-))?(?:{'|'.join(ORDINALS)})\b"
_TWO_HALVES = rf"(?:nineteen|twenty)(?:\s+|-)(?:oh\s+{_ONE_DIGIT}|{_N})"
_YEAR = rf"(?:{_TWO_HALVES}|two\s+thousand\b(?:\s+(?:and\s+)?{_N})?)"
_MONTH = "(?-i:May|March)|January|February|April|June|July|August|September|October|November|December"
_HALF_DAY = r"(?:[ap]\.\s?m\.|[ap]\s?m\b(?!\s+I\b))"
_AFTER_TIME = r"(?=\s*(?:$|[,.!?;:])|\s+(?:on|in|today|tomorrow|tonight|and|to|until|please|sharp)\b)"

_COUNTED = re.compile(
    r"[\s-]+(?:dollars?|bucks|cents|euros?|pounds|yuan|minutes?|hours?|seconds|days?|weeks?|months?|years?"
    r"|degrees|miles|kilomet\w+|met(?:er|re)s|feet|inches|items?|pieces|units|times|people|points)\b",
    re.IGNORECASE,
)
# The run of number words continues, or is an end of a range: `one or two hundred dollars` is not one or $200.
_NO_NUMBER_AFTER = re.compile(
    rf"(?:\b{_WORD}(?:[\s-]+|\s+(?:or|to)\s+)|(?:\bpoint|[\d$€])[\s-]*)$", re.IGNORECASE
)
_NO_NUMBER_BEFORE = re.compile(rf"(?:[\s-]+|\s+(?:or|to)\s+){_WORD}|[\s-]*(?:\d|point\b)", re.IGNORECASE)
_MOST_DIGITS = 40
_CONTEXT = 40  # characters on either side that decide whether a number is written


def write_english(text: str) -> str:
    """The text with its unambiguous numbers in figures."""
    for pattern, write in _KINDS:
        text = pattern.sub(partial(_written, write), text)
    return text


def _written(write: _Write, match: re.Match[str]) -> str:
    if _NO_NUMBER_AFTER.search(_before(match)) or _NO_NUMBER_BEFORE.match(_after(match)):
        return match[0]
    return write(match) or match[0]


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - _CONTEXT) : match.start()]


def _after(match: re.Match[str]) -> str:
    return match.string[match.end() : match.end() + _CONTEXT]


def _money(match: re.Match[str]) -> str | None:
    figures = _figures(match["amount"])
    if figures is None:
        return None
    symbol = "$" if match["currency"].lower().startswith("dollar") else "€"
    if match["cents"] is None:
        return symbol + figures
    cents = read_cardinal(_words(match["cents"]))
    return (
        f"{symbol}{figures}.{cents:02}" if cents is not None and cents < 100 and figures.isdigit() else None
    )


def _percent(match: re.Match[str]) -> str | None:
    figures = _figures(match["amount"])
    return figures and f"{figures}%"


def _date(match: re.Match[str]) -> str | None:
    value = read_ordinal(_words(match["day"]))
    if value is None or value > 31:
        return None
    day = f"{value}{ordinal_ending(value)}"
    if match["year"] is None:
        return match["before"] + day + match["after"]
    year = _year_figures(match["year"])
    return year and match["before"] + day + match["after"] + match["between"] + year


def _year(match: re.Match[str]) -> str | None:
    if _COUNTED.match(_after(match)):
        return None
    year = _year_figures(match["year"])
    return year and match["before"] + year


def _year_figures(said: str) -> str | None:
    words = _words(said)
    if words[0] == "two":
        value = read_cardinal(words)
        return str(value) if value is not None and 2000 <= value < 2100 else None
    century = "19" if words[0] == "nineteen" else "20"
    if words[1] == "oh":
        return century + "0" + str(DIGITS[words[2]])
    value = read_cardinal(words[1:])
    return f"{century}{value}" if value is not None and 10 <= value < 100 else None


def _time(match: re.Match[str]) -> str | None:
    hour, *rest = _words(match["clock"])
    hours = read_cardinal([hour])
    if hours is None or not 1 <= hours <= 12:
        return None
    tail = re.sub(r"([ap])\s?m$", r"\1.m.", match["tail"]) if " m" in match["tail"] else match["tail"]
    if not rest:
        return f"{match['before']}{hours}{tail}" if tail else None
    minutes = DIGITS.get(rest[1]) if rest[0] == "oh" else read_cardinal(rest)
    if minutes is None or minutes > 59 or (minutes < 10) != (rest[0] == "oh"):
        return None
    return f"{match['before']}{hours}:{minutes:02}{tail}"


def _decimal(match: re.Match[str]) -> str | None:
    whole, _, fraction = _one_space(match[0]).partition(" point ")
    if whole == "one" and " " not in fraction and not _COUNTED.match(_after(match)):
        return None  # at one point five of us
    return _figures(match[0])


def _digits(match: re.Match[str]) -> str | None:
    digits = read_digits(_words(match[0]))
    return None if digits is None or is_enumeration(digits) else digits


def _number(match: re.Match[str]) -> str | None:
    words = _words(match[0])
    value = read_cardinal(words)
    if value is None or value < 10 or (len(words) == 1 and not _COUNTED.match(_after(match))):
        return None
    return _figures(match[0])


def _figures(said: str) -> str | None:
    """A cardinal or a decimal in figures; million and billion stay words."""
    whole, _, fraction = _one_space(said).partition(" point ")
    words, decimals = _words(whole), fraction.split()
    last = (decimals or words)[-1]
    scale = f" {last}" if last in ("million", "billion") and len(decimals or words) > 1 else ""
    if scale:
        (decimals or words).pop()
    value = read_cardinal(words)
    figures = read_digits(decimals)
    if value is None or figures is None:
        return None
    return f"{value}{'.' if figures else ''}{figures}{scale}"


def _words(said: str) -> list[str]:
    return said.lower().replace("-", " ").split()


def _one_space(said: str) -> str:
    return " ".join(said.lower().split())


def _kind(pattern: str, write: _Write) -> tuple[re.Pattern[str], _Write]:
    return re.compile(pattern, re.IGNORECASE), write


_CLOCK = rf"(?P<clock>{_N}(?:\s+oh\s+{_ONE_DIGIT})?)"
_IN_YEAR = rf"(?:(?P<between>,?\s+)(?P<year>{_YEAR}))?"

# Applied in this order to the whole text; none changes the figures that an earlier one wrote.
_KINDS = (
    _kind(
        rf"(?P<amount>{_AMOUNT})\s+(?P<currency>dollars?|euros?)\b(?:\s+and\s+(?P<cents>{_N})\s+cents?\b)?",
        _money,
    ),
    _kind(rf"(?P<amount>{_AMOUNT})\s+per\s?cent\b", _percent),
    _kind(rf"(?P<before>\b(?:{_MONTH})\s+(?:the\s+)?)(?P<day>{_ORDINAL})(?P<after>){_IN_YEAR}", _date),
    _kind(
        rf"(?P<before>\bthe\s+)(?P<day>{_ORDINAL})(?P<after>\s+of\s+(?:{_MONTH})\b){_IN_YEAR}",
        _date,
    ),
    _kind(rf"(?P<before>\b(?:in|since|until|year)\s+)(?P<year>{_YEAR})", _year),
    _kind(rf"(?P<before>){_CLOCK}(?P<tail>\s+(?:{_HALF_DAY}|o'clock\b))", _time),
    _kind(
        rf"(?P<before>\b(?:at|by|until|till|before|after|from|since)\s+){_CLOCK}(?P<tail>){_AFTER_TIME}",
        _time,
    ),
    _kind(rf"{_N}{_FRACTION}", _decimal),
    _kind(rf"(?<!\w)(?!oh\b){_DIGIT}(?:\s+{_DIGIT}){{2,{_MOST_DIGITS}}}(?!(?:\s+|-){_WORD})", _digits),
    _kind(_N, _number),
)
