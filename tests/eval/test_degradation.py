"""Noise at the ratio that was asked for, and a telephone line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_eval.degradation import AddedNoise, Telephone
from asr_eval.noise import NoiseColour, noise, speech_level
from asr_eval.telephone import LINE_RATE, mu_law, through_telephone

RATE = 16_000
Samples = NDArray[np.float32]


def tone(hertz: float, seconds: float = 1.0, peak: float = 0.3, rate: int = RATE) -> Samples:
    return np.asarray(peak * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate), np.float32)


def rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize("colour", NoiseColour)
@pytest.mark.parametrize("snr_db", [20.0, 5.0, -5.0])
def test_noise_has_the_ratio_to_the_speech_not_to_its_pauses(
    speech: Samples, colour: NoiseColour, snr_db: float
) -> None:
    quiet = 0.1 * np.concatenate([0 * speech, speech, 0 * speech])[:, None]
    noisy, rate = AddedNoise(snr_db, colour).apply(quiet, RATE, "a.wav")
    assert rate == RATE
    level = speech_level(quiet[:, 0], RATE)
    assert 20 * np.log10(level / rms(noisy - quiet)) == pytest.approx(snr_db, abs=0.1)


def test_noise_is_the_same_for_a_seed_and_a_name_only(speech: Samples) -> None:
    def added(seed: int, key: str) -> Samples:
        return AddedNoise(10, seed=seed).apply(speech[:, None], RATE, key)[0][:, 0]

    assert np.array_equal(added(0, "a.wav"), added(0, "a.wav"))
    assert not np.array_equal(added(0, "a.wav"), added(1, "a.wav"))
    assert not np.array_equal(added(0, "a.wav"), added(0, "b.wav"))


def test_silence_gets_noise_too_at_the_level_that_speech_would_have() -> None:
    noisy, _ = AddedNoise(10).apply(np.zeros((RATE, 2), np.float32), RATE, "silence.flac")
    assert 20 * np.log10(rms(noisy)) == pytest.approx(-36, abs=0.1)
    assert not np.array_equal(noisy[:, 0], noisy[:, 1])


def test_the_colours_differ_where_they_should(speech: Samples) -> None:
    def high_share(colour: NoiseColour) -> float:
        spectrum = np.abs(np.fft.rfft(noise(colour, speech, RATE, np.random.default_rng(0)))) ** 2
        return float(spectrum[len(spectrum) // 2 :].sum() / spectrum.sum())

    assert high_share(NoiseColour.WHITE) == pytest.approx(0.5, abs=0.02)
    assert high_share(NoiseColour.PINK) < 0.15
    assert high_share(NoiseColour.SPEECH) < 0.4


def test_the_level_of_speech_leaves_its_pauses_out(speech: Samples) -> None:
    alone = speech_level(speech, RATE)
    paused = np.concatenate([speech, np.zeros(5 * RATE, np.float32)])
    assert speech_level(paused, RATE) == pytest.approx(alone)
    assert speech_level(tone(440, peak=0.5), RATE) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert speech_level(np.zeros(10, np.float32), RATE) == 0.0


@pytest.mark.parametrize(("hertz", "heard"), [(100, False), (500, True), (3000, True), (3700, False)])
def test_a_telephone_carries_its_band_only(hertz: float, heard: bool) -> None:
    line = through_telephone(tone(hertz), RATE)
    ratio = rms(line[1000:-1000]) / rms(tone(hertz))
    assert ratio == pytest.approx(1, abs=0.02) if heard else ratio < 0.01


def test_a_telephone_speaks_at_8_khz_in_every_channel(speech: Samples) -> None:
    line, rate = Telephone().apply(np.stack([speech, 0 * speech], axis=1), RATE, "a.wav")
    assert rate == LINE_RATE
    assert line.shape == (len(speech) // 2, 2)
    assert rms(line[:, 0]) > 0.01
    assert not line[:, 1].any()


def test_mu_law_has_256_steps_and_a_ratio_near_38_db() -> None:
    ramp = np.linspace(-1.5, 1.5, 100_001).astype(np.float32)
    coded = mu_law(ramp)
    assert len(np.unique(coded)) == 255  # zero is one step, not two
    assert np.abs(coded).max() == pytest.approx(1)
    speechlike = tone(440, peak=0.1)
    assert 20 * np.log10(rms(speechlike) / rms(mu_law(speechlike) - speechlike)) == pytest.approx(37, abs=3)
