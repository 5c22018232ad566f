"""Normalisation and error counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_eval.normalization import normalize, score_units
from asr_eval.scoring import ErrorCount, error_rate, total_errors


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Hello,  World!", "hello world"),
        ("Don't I’m", "dont im"),
        ("follow-up", "follow up"),
        ("ＡＢＣ１２", "abc 1 2"),
        ("room 2024a", "room 2 0 2 4 a"),
        ("5% of $3", "5 of 3"),
        ("你好，世界。", "你好 世界"),
        ("\u3000\n", ""),
    ],
)
def test_normalisation_is_as_published(text: str, normal: str) -> None:
    assert normalize(text) == normal


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize("language", ["Chinese", "zh", "Cantonese", "Japanese"])
def test_languages_without_spaces_count_characters(language: str) -> None:
    assert score_units("你好, A1 世界", language) == ["你", "好", "a", "1", "世", "界"]


def test_other_languages_count_words() -> None:
    assert score_units("Call me at 10.", "English") == ["call", "me", "at", "1", "0"]


def test_errors_are_counted_by_kind() -> None:
    count = error_rate("我要退货谢谢", "我想退货谢谢你", "zh")
    assert count == ErrorCount(substitutions=1, insertions=1, reference_length=6)
    assert count.rate == pytest.approx(2 / 6)
    assert error_rate("the red phone", "The phone.", "English") == ErrorCount(deletions=1, reference_length=3)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "rate"),
    [("", "", 0.0), ("", "made up", math.inf), ("said this", "", 1.0), ("...", "!", 0.0)],
)
def test_empty_texts_have_a_rate_too(reference: str, hypothesis: str, rate: float) -> None:
    assert error_rate(reference, hypothesis, "English").rate == rate


def test_sums_weigh_each_file_by_its_length() -> None:
    total = total_errors([error_rate("a", "b", "en"), error_rate("a b c", "a b c", "en")])
    assert (total.errors, total.reference_length, total.rate) == (1, 4, 0.25)
    assert total_errors([]) == ErrorCount()


@settings(derandomize=True, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_counts_equal_the_edit_distance(reference: list[str], hypothesis: list[str]) -> None:
    count = error_rate(" ".join(reference), " ".join(hypothesis), "en")
    assert count.errors == _edit_distance(reference, hypothesis)
    assert count.insertions - count.deletions == len(hypothesis) - len(reference)


def _edit_distance(left: list[str], right: list[str]) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
