"""Loops in texts are cut, what people do repeat is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.segments.repetition import LONGEST_UNIT, MOST_REPEATS, without_repetitions


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("你好" + "哈" * 21 + "再见", "你好哈再见"),
        ("好的，" * 40 + "再见", "好的，再见"),
        ("thank you " * 30, "thank you "),
        ("a" * 50 + "b" * 50, "ab"),
        ("x" * 21, "x"),
    ],
)
def test_a_unit_that_comes_more_than_twenty_times_is_kept_once(text: str, cut: str) -> None:
    assert without_repetitions(text) == cut


@pytest.mark.parametrize(
    "text",
    [
        "",
        "哈" * MOST_REPEATS,
        "no " * MOST_REPEATS,
        "88888888",
        "我要退货" * 5,
        ("x" * LONGEST_UNIT + "y") * 30,
    ],
)
def test_what_repeats_less_or_is_longer_stays(text: str) -> None:
    assert without_repetitions(text) == text


@settings(derandomize=True, deadline=None)
@given(st.text("ab，", max_size=60))
def test_cutting_twice_changes_nothing_more(text: str) -> None:
    cut = without_repetitions(text)
    assert without_repetitions(cut) == cut
