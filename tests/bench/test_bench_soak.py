"""What counts as growth."""

from __future__ import annotations

import subprocess
import sys

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


TAKES_MEMORY = """
import numpy
print("ready", flush=True)
input()
taken = numpy.ones(4_000_000)
print("taken", flush=True)
input()
"""


def test_memory_that_a_process_takes_is_seen() -> None:
    command = [sys.executable, "-c", TAKES_MEMORY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        before = anonymous_bytes(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        assert anonymous_bytes(process.pid) - before == pytest.approx(32_000_000, rel=0.1)
        assert resident_bytes(process.pid) > anonymous_bytes(process.pid)
        process.kill()
