"""Every encoding gives the samples of the recording that was encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_client.audio.recording import load_recording, to_int16
from tests.client.client_audio import RATE, spoken
from tests.client.encoded_variants import LOSSLESS, LOSSY, VARIANTS, Media, Variant

PCM = to_int16(spoken("telephone"))
# Encoders begin with a block of nothing, of which containers tell the decoder more or less.
LONGEST_DELAY_S = 0.13


def by_name(variant: Variant) -> str:
    return variant.name


def encode(variant: Variant, folder: Path) -> Path:
    path = folder / variant.name
    variant.write(path, (PCM / 32768).astype(np.float32)[:, None], RATE)
    return path


def test_there_are_many_encodings() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) >= 40


@pytest.mark.parametrize("variant", LOSSLESS, ids=by_name)
def test_a_lossless_encoding_gives_the_same_samples(tmp_path: Path, variant: Variant) -> None:
    recording = load_recording(encode(variant, tmp_path))
    assert (len(recording.pcm), recording.source_rate, recording.truncated) == (1, RATE, False)
    assert np.abs(recording.pcm[0].astype(int) - PCM).max() <= 1


@pytest.mark.parametrize("variant", LOSSY, ids=by_name)
def test_a_lossy_encoding_gives_the_same_sound_at_the_same_time(tmp_path: Path, variant: Variant) -> None:
    recording = load_recording(encode(variant, tmp_path))
    assert (len(recording.pcm), recording.source_rate) == (variant.channels, variant.rate)
    assert not recording.truncated
    assert recording.duration_s == pytest.approx(len(PCM) / RATE, abs=LONGEST_DELAY_S)
    for pcm in recording.pcm:
        likeness, delay_s = compare(telephone_band(PCM), telephone_band(pcm))
        assert likeness > 0.93
        assert abs(delay_s) < LONGEST_DELAY_S


def compare(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Correlation of two signals where it is largest, and how much later the second one is."""
    size = 1 << (len(a) + len(b)).bit_length()
    correlation = np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size)
    lag = int(np.argmax(correlation))
    likeness = float(correlation[lag] / np.sqrt((a @ a) * (b @ b)))
    return likeness, (lag if lag < size // 2 else lag - size) / RATE


def telephone_band(pcm: NDArray[np.int16]) -> NDArray[np.float64]:
    """What all encodings carry: 300 to 3400 Hz."""
    spectrum = np.fft.rfft(pcm.astype(np.float64))
    hertz = np.fft.rfftfreq(len(pcm), 1 / RATE)
    return np.fft.irfft(spectrum * ((hertz > 300) & (hertz < 3400)), len(pcm))


@pytest.mark.parametrize("variant", [v for v in LOSSY if isinstance(v, Media)][:4], ids=by_name)
def test_the_content_decides_and_not_the_name(tmp_path: Path, variant: Variant) -> None:
    misnamed = encode(variant, tmp_path).rename(tmp_path / "12:30 通话.wav")
    assert load_recording(misnamed).duration_s == pytest.approx(len(PCM) / RATE, abs=LONGEST_DELAY_S)
