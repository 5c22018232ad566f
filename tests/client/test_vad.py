"""Speech detection: false speech is allowed, lost speech is not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from client_audio import RATE, silence, speechlike
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.recording import to_int16
from asr_client.vad import Span, detect_speech, measure_level

SPEECH_S = (10.0, 13.0)  # where `call` puts speech in half a minute


def call(speech_rms: float, noise_rms: float = 0.0, seed: int = 0) -> np.ndarray:
    signal = np.concatenate([silence(SPEECH_S[0]), speechlike(3.0, speech_rms, seed=seed), silence(17.0)])
    noise = np.random.default_rng(seed + 100).standard_normal(len(signal)) * noise_rms
    return to_int16((signal + noise).astype(np.float32))


def covered(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """Share of a stretch that lies in spans."""
    inside = [min(span.end, end_s * RATE) - max(span.start, start_s * RATE) for span in spans]
    return sum(max(0.0, part) for part in inside) / ((end_s - start_s) * RATE)


def speech_share(spans: Sequence[Span], pcm: np.ndarray) -> float:
    return sum(len(span) for span in spans) / len(pcm)


@pytest.mark.parametrize("speech_dbfs", [-10, -30, -50, -65])
def test_speech_is_found_at_any_level_above_digital_silence(speech_dbfs: float) -> None:
    spans = detect_speech(call(10 ** (speech_dbfs / 20)))
    assert covered(spans, 10.05, 12.8) == 1.0
    assert sum(len(span) for span in spans) < 3.4 * RATE


@pytest.mark.parametrize("snr_db", [20, 10, 5])
@pytest.mark.parametrize("noise_dbfs", [-35, -50, -60])
def test_speech_is_found_in_steady_noise(snr_db: float, noise_dbfs: float) -> None:
    noise = 10 ** (noise_dbfs / 20)
    spans = detect_speech(call(noise * 10 ** (snr_db / 20), noise))
    assert covered(spans, 10.05, 12.8) == 1.0


@pytest.mark.parametrize("noise_dbfs", [-40, -55, -70, -85])
def test_steady_noise_alone_is_not_sent(noise_dbfs: float) -> None:
    pcm = to_int16(
        (np.random.default_rng(3).standard_normal(60 * RATE) * 10 ** (noise_dbfs / 20)).astype(np.float32)
    )
    assert speech_share(detect_speech(pcm), pcm) < 0.02


def test_loud_sound_is_speech_however_steady() -> None:
    pcm = to_int16((np.random.default_rng(3).standard_normal(20 * RATE) * 0.1).astype(np.float32))
    assert speech_share(detect_speech(pcm), pcm) == 1.0


def test_a_recorder_offset_is_not_speech_and_does_not_hide_it() -> None:
    pcm = (call(0.003).astype(int) + 3000).astype(np.int16)
    spans = detect_speech(pcm)
    assert covered(spans, 10.05, 12.8) == 1.0
    assert speech_share(spans, pcm) < 0.2


def test_the_floor_follows_a_background_that_changes() -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(60 * RATE) * np.repeat([0.0005, 0.008], 30 * RATE)
    quiet_speech = np.concatenate([silence(15), speechlike(3, 0.002), silence(42)])
    spans = detect_speech(to_int16((noise + quiet_speech).astype(np.float32)))
    assert covered(spans, 15.05, 17.8) == 1.0
    assert covered(spans, 45, 60) < 0.05


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.0, 1.9])
def test_a_clip_too_short_for_a_pause_is_speech(seconds: float) -> None:
    vowel = 0.01 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * RATE)) / RATE)
    pcm = to_int16(vowel.astype(np.float32))
    assert detect_speech(pcm) == (Span(0, len(pcm)),)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 1600, 160_000])
def test_digital_silence_of_any_length_holds_no_speech(samples: int) -> None:
    assert detect_speech(np.zeros(samples, np.int16)) == ()


def test_dither_is_not_speech() -> None:
    pcm = np.random.default_rng(1).integers(-1, 2, 20 * RATE).astype(np.int16)
    assert speech_share(detect_speech(pcm), pcm) < 0.02


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(1, 40_000), st.sampled_from([0, 1, 30, 1000, 30_000])), min_size=1, max_size=8
    ),
    st.integers(0, 2**32 - 1),
)
def test_spans_lie_inside_the_clip_in_order_and_apart(parts: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pcm = np.concatenate([rng.integers(-loud, loud + 1, count) for count, loud in parts]).astype(np.int16)
    spans = detect_speech(pcm)
    ends = [0, *(position for span in spans for position in (span.start, span.end)), len(pcm)]
    assert ends == sorted(ends)
    assert all(len(span) > 0 for span in spans)
    assert all(left.end < right.start for left, right in itertools.pairwise(spans))


def test_levels_are_relative_to_full_scale() -> None:
    sine = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)
    level = measure_level(to_int16((0.5 * sine).astype(np.float32)))
    assert (level.rms_dbfs, level.peak_dbfs) == (-9.0, -6.0)
    assert measure_level(np.zeros(100, np.int16)).peak_dbfs is None
    assert measure_level(np.full(100, -32768, np.int16)).peak_dbfs == 0.0
