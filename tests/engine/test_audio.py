from __future__ import annotations

import math

import numpy as np
import pytest

from asr_engine.audio import checked_samples, loudest_frame_dbfs
from asr_engine.errors import InvalidAudio

RATE = 16000


@pytest.mark.parametrize(
    ("pcm", "message"),
    [
        ([1, 2, 3], "audio is a list; a numpy array is needed"),
        (np.zeros((2, 100), np.int16), r"audio has shape \[2, 100\]; one channel of shape \[samples\]"),
        (np.zeros(100, np.float64), "audio is float64; int16 or float32 is needed"),
        (np.zeros(100, np.int32), "audio is int32; int16 or float32 is needed"),
        (np.zeros(0, np.int16), "audio is empty; at least one sample is needed"),
        (np.zeros(20 * RATE, np.int16), r"audio is 20.00 s; the limit is 10.5 s"),
        (np.array([0, 0, np.nan], np.float32), "audio sample 2 is nan; finite values are needed"),
        (np.array([0, -np.inf], np.float32), "audio sample 1 is -inf; finite values are needed"),
        (np.array([0, 12000], np.float32), "float audio peaks at 12000; the range is -1 to 1"),
    ],
)
def test_bad_audio_is_refused_with_what_was_got_and_what_is_allowed(pcm: object, message: str) -> None:
    with pytest.raises(InvalidAudio, match=message):
        checked_samples(pcm, RATE, 10.5)


def test_int16_is_scaled_to_one() -> None:
    samples = checked_samples(np.array([-32768, 0, 16384], np.int16), RATE, 1.0)
    assert samples.dtype == np.float32
    assert samples.tolist() == [-1.0, 0.0, 0.5]


def test_a_little_overshoot_is_accepted() -> None:
    assert checked_samples(np.array([1.2], np.float32), RATE, 1.0)[0] == np.float32(1.2)


@pytest.mark.parametrize("num_samples", [1, 79, 800, 1234, RATE])
def test_nothing_has_no_level(num_samples: int) -> None:
    assert loudest_frame_dbfs(np.zeros(num_samples, np.float32), RATE) == -math.inf


def test_a_constant_offset_is_no_sound() -> None:
    assert loudest_frame_dbfs(np.full(RATE, 0.25, np.float32), RATE) < -100


def test_the_level_of_a_full_scale_sine_is_minus_three() -> None:
    sine = np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE).astype(np.float32)
    assert loudest_frame_dbfs(sine, RATE) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("start", [0, 7000, RATE - 900])
def test_one_loud_moment_anywhere_counts(start: int) -> None:
    samples = np.zeros(RATE + 55, np.float32)
    samples[start : start + 900] = np.random.default_rng(0).normal(0, 0.01, 900)
    assert loudest_frame_dbfs(samples, RATE) > -45
