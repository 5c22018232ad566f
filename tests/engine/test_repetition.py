from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_engine.config import EngineConfig
from asr_engine.text.repetition import Loop, LoopDetector

CONFIG = EngineConfig()


def default_detector() -> LoopDetector:
    return LoopDetector(
        CONFIG.repetition_max_period, CONFIG.repetition_min_repeats, CONFIG.repetition_min_tokens
    )


def first_loop(tokens: list[int]) -> tuple[int, Loop] | None:
    """How many tokens it took, and the loop."""
    detector = default_detector()
    for count, token in enumerate(tokens, 1):
        loop = detector.push(token)
        if loop is not None:
            return count, loop
    return None


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param([1, 3, 8] + [8] * 8, id="138 8888 8888"),
        pytest.param([8, 0] * 8, id="80 80 80 80"),
        pytest.param([1, 2] * 8, id="no, no, no, no, no, no, no, no,"),
        pytest.param([7] * 16, id="a laugh"),
        pytest.param([1, 2, 3, 4, 5, 6, 7] * 5, id="can you hear me? five times"),
        pytest.param(list(range(12)) * 3, id="a sentence said three times"),
        pytest.param(list(range(300)), id="no repetition"),
    ],
)
def test_what_people_do_say_is_no_loop(tokens: list[int]) -> None:
    assert first_loop([100, 101, *tokens, 102]) is None


@pytest.mark.parametrize("period", range(1, 13))
def test_a_loop_is_found_with_its_start_and_period(period: int) -> None:
    found = first_loop([100, 101, *list(range(period)) * 40])
    assert found is not None
    count, loop = found
    assert (loop.start, loop.period, loop.end_of_first) == (2, period, 2 + period)
    assert count <= 2 + max(24, 6 * period)


def test_a_unit_longer_than_the_limit_is_left_to_the_token_cap() -> None:
    assert first_loop(list(range(13)) * 20) is None


def test_an_interrupted_run_starts_again() -> None:
    assert first_loop(([7] * 20 + [1]) * 3) is None


@settings(derandomize=True)
@given(st.lists(st.integers(0, 3), max_size=120))
def test_a_found_loop_really_repeats(tokens: list[int]) -> None:
    found = first_loop(tokens)
    if found is None:
        return
    count, loop = found
    tail = tokens[loop.start : count]
    assert all(left == right for left, right in zip(tail, tail[loop.period :], strict=False))
    assert len(tail) >= max(24, 6 * loop.period)
