from __future__ import annotations

import numpy as np
import pytest

from training.sound.augmentation import (
    Severity,
    disturbed,
    equalised,
    reverberated,
    stretched,
    telephone,
    with_noise,
)
from training.sound.noise import NoiseBank, coloured_noise, hum
from training.sound.non_speech import KINDS, non_speech, non_speech_of
from training.voices.speech import SAMPLE_RATE, Samples


@pytest.fixture(scope="module")
def bank() -> NoiseBank:
    rng = np.random.default_rng(1)
    return NoiseBank(
        coloured={"white": coloured_noise(0.0, 4, rng), "pink": coloured_noise(1.0, 4, rng)},
        babble={"babble of 5": hum(4, rng)},
    )


@pytest.fixture(scope="module")
def voice() -> Samples:
    """A buzz with a syllable rhythm: no speech, but shaped like it."""
    seconds = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 140 * harmonic * seconds) / harmonic for harmonic in range(1, 40))
    return (0.2 * buzz * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * seconds))).astype(np.float32)


def power(samples: Samples) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


def band_power(samples: Samples, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(spectrum[(frequencies >= low_hz) & (frequencies < high_hz)].sum())


@pytest.mark.parametrize("snr_db", [20, 10, 5, 0])
def test_noise_lies_as_far_below_the_speech_as_asked(snr_db: float) -> None:
    rng = np.random.default_rng(2)
    speech = (0.1 * coloured_noise(0.0, 4, rng)).astype(np.float32)
    noise = coloured_noise(1.0, 4, rng)
    added = with_noise(speech, noise, snr_db) - speech
    assert 10 * np.log10(power(speech) / power(added)) == pytest.approx(snr_db, abs=0.3)


def test_a_telephone_leaves_only_its_band(voice: Samples) -> None:
    heard = telephone(voice)
    assert len(heard) == len(voice)
    assert band_power(heard, 4200, 8000) < 1e-6 * band_power(heard, 300, 3400)
    assert band_power(heard, 0, 150) < 0.02 * band_power(voice, 0, 150)


def test_mu_law_adds_a_little_noise_only(voice: Samples) -> None:
    clean = telephone(voice, mu_law=False)
    error = telephone(voice, mu_law=True) - clean
    assert 0 < power(error) < 0.001 * power(clean)


def test_an_odd_number_of_samples_survives_the_telephone(voice: Samples) -> None:
    assert len(telephone(voice[:12_345])) == 12_345


def test_another_throat_moves_pitch_and_length_together(voice: Samples) -> None:
    higher = stretched(voice, 1.1)
    assert len(higher) == pytest.approx(len(voice) / 1.1, abs=2)
    spectrum = np.abs(np.fft.rfft(higher))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(higher) == pytest.approx(140 * 1.1, abs=6)


def test_a_room_keeps_the_direct_sound_first() -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[100] = 0.5
    heard = reverberated(click, 0.3, 0.1, np.random.default_rng(3))
    assert np.argmax(np.abs(heard)) == 100
    assert np.abs(heard[:100]).max() < 1e-6
    assert np.abs(heard[101:3000]).max() > 1e-3


def test_an_equaliser_stays_within_its_range(voice: Samples) -> None:
    heard = equalised(voice, np.random.default_rng(4), range_db=6.0)
    change_db = 10 * np.log10(power(heard) / power(voice))
    assert -6.1 <= change_db <= 6.1


def test_the_way_to_the_recording_is_decided_by_its_seed(voice: Samples, bank: NoiseBank) -> None:
    def heard(seed: int) -> Samples:
        return disturbed(voice, bank, Severity(), np.random.default_rng(seed))

    assert np.array_equal(heard(7), heard(7))
    assert not np.array_equal(heard(7), heard(8))
    for seed in range(30):
        assert np.abs(heard(seed)).max() <= 1
        assert heard(seed).dtype == np.float32


def test_no_strength_leaves_everything_but_the_level(voice: Samples, bank: NoiseBank) -> None:
    heard = disturbed(voice, bank, Severity().scaled(0.0), np.random.default_rng(9))
    correlation = np.dot(heard, voice) / np.sqrt(np.dot(heard, heard) * np.dot(voice, voice))
    assert correlation > 0.98


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_non_speech_has_the_length_asked_for(kind: str, bank: NoiseBank) -> None:
    for count in (8_000, 55_555, 5 * SAMPLE_RATE):
        samples = non_speech_of(kind, count, bank, np.random.default_rng(5))
        assert samples.shape == (count,)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()


def test_non_speech_stays_below_full_scale(bank: NoiseBank) -> None:
    rng = np.random.default_rng(6)
    assert all(np.abs(non_speech(8_000, bank, rng)).max() <= 1 for _ in range(50))


def test_the_colour_of_noise_is_its_slope() -> None:
    pink = coloured_noise(1.0, 8, np.random.default_rng(7))
    octaves = [band_power(pink, low, 2 * low) for low in (200, 400, 800, 1600)]
    assert max(octaves) / min(octaves) < 1.3
    assert pink.std() == pytest.approx(1, abs=0.01)
