"""Number slots: amounts and times in words, order and telephone numbers in digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from training.sentences.spelling import chinese_count, chinese_number, english_number, english_ordinal

STICKY_SHARE = 0.5  # of the digit strings: those in which digits are often repeated
REPEAT_SHARE = 0.5
_MONTHS = "January February March April May June July August September October November December"
MONTHS = tuple(_MONTHS.split())
ROUND_REMAINDERS = (0, 50, 99)

NumberSlot = Callable[[Random], str]


def digit_string(random: Random, shortest: int, longest: int) -> str:
    """Draw a digit string. Half of them have runs such as 4400077, which recognisers tend to shorten."""
    sticky = random.random() < STICKY_SHARE
    digits = ""
    for _ in range(random.randint(shortest, longest)):
        repeat = sticky and digits and random.random() < REPEAT_SHARE
        digits += digits[-1] if repeat else random.choice("0123456789")
    return digits


def amount(random: Random) -> int:
    """Draw an amount: small, hundreds or thousands, with round and odd remainders."""
    size = random.random()
    if size < 0.3:
        return random.randint(5, 99)
    if size < 0.7:
        return random.randint(1, 9) * 100 + random.choice([*ROUND_REMAINDERS, random.randint(1, 99)])
    return random.randint(1, 9) * 1000 + random.choice([0, 199, 500, 999, random.randint(1, 999)])


def _order(random: Random) -> str:
    return digit_string(random, 5, 12)


def _code(random: Random) -> str:
    return digit_string(random, 3, 6)


def _chinese_mobile(random: Random) -> str:
    return "1" + random.choice("3456789") + digit_string(random, 9, 9)


def _chinese_price(random: Random) -> str:
    return chinese_number(amount(random)) + random.choice("元元块")


def _chinese_clock(random: Random) -> str:
    minutes = random.choice(["", "", "半", "十五分", "二十分", "四十分", "五十五分"])
    return f"{chinese_count(random.randint(1, 12))}点{minutes}"


def _chinese_date(random: Random) -> str:
    month, day = random.randint(1, 12), random.randint(1, 31)
    return f"{chinese_number(month)}月{chinese_number(day)}{random.choice('号日')}"


def _chinese_fold(random: Random) -> str:
    tens, ones = random.randint(5, 9), random.choice([0, 0, 5, 8])
    return chinese_number(tens) + (chinese_number(ones) if ones else "") + "折"


def _english_price(random: Random) -> str:
    return f"{english_number(amount(random))} {random.choice(['dollars', 'dollars', 'pounds'])}"


def _english_clock(random: Random) -> str:
    minutes = random.choice(["o'clock", "thirty", "fifteen", "forty five", "p m", "a m"])
    return f"{english_number(random.randint(1, 12))} {minutes}"


NUMBER_SLOTS: Mapping[str, Mapping[str, NumberSlot]] = MappingProxyType(
    {
        "zh": MappingProxyType(
            {
                "price": _chinese_price,
                "count": lambda random: chinese_count(random.randint(1, 15)),
                "clock": _chinese_clock,
                "date": _chinese_date,
                "fold": _chinese_fold,
                "mobile": _chinese_mobile,
                "order": _order,
                "code": _code,
            }
        ),
        "en": MappingProxyType(
            {
                "price": _english_price,
                "count": lambda random: english_number(random.randint(2, 15)),
                "clock": _english_clock,
                "date": lambda random: f"{random.choice(MONTHS)} {english_ordinal(random.randint(1, 31))}",
                "fold": lambda random: english_number(5 * random.randint(1, 14)),
                "mobile": lambda random: digit_string(random, 10, 11),
                "order": _order,
                "code": _code,
            }
        ),
    }
)
