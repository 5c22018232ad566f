"""Intervals."""

from __future__ import annotations

import numpy as np
import pytest

from asr_eval.scoring import ErrorCount
from asr_eval.summary import bootstrap


def utterance(errors: int, length: int) -> ErrorCount:
    return ErrorCount(substitutions=errors, reference_length=length)


def test_the_interval_of_independent_errors_is_that_of_a_proportion() -> None:
    chance = np.random.default_rng(1)
    counts = [utterance(int(wrong), 1) for wrong in chance.random(2000) < 0.1]
    interval = bootstrap(counts)
    assert interval is not None
    rate = sum(count.errors for count in counts) / 2000
    spread = 1.96 * np.sqrt(rate * (1 - rate) / 2000)
    assert (interval.low, interval.high) == pytest.approx((rate - spread, rate + spread), abs=0.002)


def test_equal_utterances_have_no_spread_and_one_has_no_interval() -> None:
    interval = bootstrap([utterance(1, 10)] * 20)
    assert interval is not None
    assert (interval.low, interval.high) == (0.1, 0.1)
    assert bootstrap([utterance(1, 10)]) is None


def test_the_interval_is_the_same_every_time() -> None:
    counts = [utterance(errors, 10) for errors in (0, 1, 5, 2)]
    assert bootstrap(counts) == bootstrap(counts)
