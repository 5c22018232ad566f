"""What counts as growth."""

from __future__ import annotations

import os

import numpy as np
import pytest

from bench.soak import Soak, soak_lines
from bench.usage import anonymous_bytes, resident_bytes


def soak(anonymous: list[int]) -> Soak:
    at_s = tuple(float(number) for number in range(len(anonymous)))
    resident = tuple(size + 1000 * number for number, size in enumerate(anonymous))
    return Soak(at_s, resident, tuple(anonymous), requests=7, audio_s=70.0)


def test_what_is_taken_before_the_server_has_settled_is_no_growth() -> None:
    assert soak([*range(100, 120), *[200] * 80]).growth == 0.0


def test_a_leak_is_growth() -> None:
    assert soak([1000 + 10 * number for number in range(100)]).growth > 0.3


def test_pages_of_files_do_not_count() -> None:
    assert soak([1000] * 100).growth == 0.0
    assert "+0.00%" in soak_lines(soak([1000] * 100))[-1]


def test_memory_that_a_process_takes_is_seen() -> None:
    before = anonymous_bytes(os.getpid())
    taken = np.ones(4_000_000)
    assert anonymous_bytes(os.getpid()) - before == pytest.approx(taken.nbytes, rel=0.1)
    assert resident_bytes(os.getpid()) > anonymous_bytes(os.getpid())
