"""Speech detection: speech is found at any level and in noise; noise, tones and silence are not speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.audio.recording import to_int16
from asr_client.audio.vad import Span, SpeechDetector
from tests.client.client_audio import RATE, detect_speech, silence, speechlike

SPEECH_S = (10.0, 13.0)  # where `call` puts speech in half a minute


def call(speech_rms: float, noise_rms: float = 0.0, seed: int = 0) -> np.ndarray:
    signal = np.concatenate([silence(SPEECH_S[0]), speechlike(3.0, speech_rms, seed=seed), silence(17.0)])
    return to_int16((signal + noise(len(signal) / RATE, noise_rms, seed + 100)).astype(np.float32))


def noise(seconds: float, rms: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * rms


def covered(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """Share of a stretch that lies in spans."""
    inside = [min(span.end, end_s * RATE) - max(span.start, start_s * RATE) for span in spans]
    return sum(max(0.0, part) for part in inside) / ((end_s - start_s) * RATE)


def speech_share(pcm: np.ndarray) -> float:
    return sum(len(span) for span in detect_speech(pcm).spans) / len(pcm)


@pytest.mark.parametrize("speech_dbfs", [-10, -30, -50, -65])
def test_speech_is_found_at_any_level_above_digital_silence(speech_dbfs: float) -> None:
    spans = detect_speech(call(10 ** (speech_dbfs / 20))).spans
    assert covered(spans, *SPEECH_S) > 0.97
    assert sum(len(span) for span in spans) < 3.5 * RATE


@pytest.mark.parametrize("snr_db", [20, 10, 5])
@pytest.mark.parametrize("noise_dbfs", [-25, -50])
def test_speech_is_found_in_steady_noise_and_the_noise_is_not_sent(snr_db: float, noise_dbfs: float) -> None:
    level = 10 ** (noise_dbfs / 20)
    spans = detect_speech(call(level * 10 ** (snr_db / 20), level)).spans
    assert covered(spans, *SPEECH_S) > 0.9
    assert sum(len(span) for span in spans) < 3.7 * RATE


@pytest.mark.parametrize("noise_dbfs", [-10, -25, -40, -55, -70, -85])
def test_noise_alone_is_not_sent_however_loud(noise_dbfs: float) -> None:
    assert speech_share(to_int16(noise(20, 10 ** (noise_dbfs / 20), 3).astype(np.float32))) == 0


def test_a_background_that_a_codec_switches_on_around_speech_does_not_extend_it() -> None:
    pcm = call(0.1, 0.0005)
    seconds = np.arange(len(pcm)) / RATE
    pcm[(seconds < SPEECH_S[0] - 2) | (seconds > SPEECH_S[1] + 2)] = 0
    assert sum(len(span) for span in detect_speech(pcm).spans) < 3.5 * RATE


def test_tones_and_chords_are_not_speech() -> None:
    time = np.arange(20 * RATE) / RATE
    dial = np.sin(2 * np.pi * 440 * time) * (time % 5 < 1)
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330)) * (1 + np.sin(12 * time))
    for sound in (dial, chord):
        assert speech_share(to_int16((0.1 * sound).astype(np.float32))) == 0


def test_a_recorder_offset_is_not_speech_and_does_not_hide_it() -> None:
    pcm = (call(0.01).astype(int) + 3000).astype(np.int16)
    spans = detect_speech(pcm).spans
    assert covered(spans, *SPEECH_S) > 0.97
    assert speech_share(pcm) < 0.2


def test_quiet_speech_behind_a_loud_bang_is_found() -> None:
    bang = noise(0.2, 0.5, 1)
    pcm = to_int16(np.concatenate([silence(1), bang, silence(8), speechlike(3, 0.001)]).astype(np.float32))
    assert covered(detect_speech(pcm).spans, 9.3, 12.1) > 0.95


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.9])
def test_a_single_word_is_speech(seconds: float) -> None:
    pcm = to_int16(speechlike(seconds, seed=3))
    assert covered(detect_speech(pcm).spans, 0, seconds) > 0.8


@pytest.mark.parametrize("samples", [0, 1, 159, 511, 512, 513, 160_000])
def test_digital_silence_of_any_length_holds_no_speech(samples: int) -> None:
    assert detect_speech(np.zeros(samples, np.int16)).spans == ()


def test_silence_behind_speech_is_not_speech_wherever_the_blocks_begin() -> None:
    for pause_s in np.arange(2.0, 6.0, 0.37):
        pcm = to_int16(np.concatenate([speechlike(2.5), silence(pause_s), speechlike(2)]))
        first, second = detect_speech(pcm).spans
        assert first.end < 2.7 * RATE
        assert second.start > (2.3 + pause_s) * RATE


def test_dither_is_not_speech() -> None:
    assert speech_share(np.random.default_rng(1).integers(-1, 2, 20 * RATE).astype(np.int16)) == 0


def test_a_short_pause_shows_in_the_frames_but_does_not_part_the_stretch() -> None:
    pcm = to_int16(np.concatenate([speechlike(3), silence(0.25), speechlike(3, seed=5)]))
    speech = detect_speech(pcm)
    assert len(speech.spans) == 1
    assert speech.is_pause(int(3.1 * RATE), int(3.15 * RATE))
    assert not speech.is_pause(int(1.0 * RATE), int(1.1 * RATE))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=12), st.integers(0, 99))
def test_spans_do_not_depend_on_how_the_samples_arrive(lengths: list[int], seed: int) -> None:
    pcm = to_int16(
        np.concatenate([speechlike(2, seed=seed), silence(1), speechlike(9, 0.003, seed=seed + 1)])
    )
    detector = SpeechDetector()
    for block in np.split(pcm, np.minimum(np.cumsum(lengths), len(pcm))):
        detector.add(block)
    assert detector.finish().spans == detect_speech(pcm).spans


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.floats(0.001, 2.5), st.sampled_from(["voice", "noise", "nothing"])),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 2**16),
)
def test_spans_lie_inside_the_clip_in_order_and_apart(parts: list[tuple[float, str]], seed: int) -> None:
    make = {"voice": lambda s: speechlike(s, seed=seed), "noise": lambda s: noise(s, 0.1), "nothing": silence}
    pcm = to_int16(np.concatenate([make[kind](seconds) for seconds, kind in parts]).astype(np.float32))
    spans = detect_speech(pcm).spans
    ends = [0, *(position for span in spans for position in (span.start, span.end)), len(pcm)]
    assert ends == sorted(ends)
    assert all(len(span) > 0 for span in spans)
    assert all(left.end < right.start for left, right in itertools.pairwise(spans))
