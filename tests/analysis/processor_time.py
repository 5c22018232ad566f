"""Processor time in units of a fixed workload: a bound in these holds on slow and on busy machines alike."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

# A unit takes 0.1 s of processor time on the idle machine on which the bounds were set.
ROUNDS = 580
TEXT = (
    "您好，感谢您的来电，请问有什么可以帮您？ I bought it last month and it is broken, how much is a repair? "
)


def units_of(work: Callable[[], object]) -> float:
    """Processor time of `work`, compared with the fixed workload right before and right after it."""
    before_s = _processor_s(_count_grams)
    took_s = _processor_s(work)
    after_s = _processor_s(_count_grams)
    return took_s / ((before_s + after_s) / 2)


def _processor_s(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def _count_grams() -> None:
    for number in range(ROUNDS):
        text = TEXT + str(number)
        counts = Counter(text[start : start + length] for length in range(1, 5) for start in range(len(text)))
        sorted(counts.items(), key=lambda item: (-item[1], item[0]))
