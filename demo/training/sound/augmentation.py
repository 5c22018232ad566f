"""Augmentation of speech: voice stretch, microphone response, reverberation, noise, telephone line, level.

Training, evaluation and the sample calls use the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from training.sound.noise import NoiseBank, Rng
from training.voices.speech import SAMPLE_RATE, Samples

AUDIBLE = 1e-3
TELEPHONE_RATE = 8_000
TELEPHONE_PEAK = 0.7
MU = 255
MU_LAW_STEPS = 127
EDGE_HZ = 30.0  # width of the edges of a frequency band
DECAY_60_DB = 6.9  # natural logarithm of a thousandth
EQUALISER_BANDS = 8


@dataclass(frozen=True, slots=True)
class Severity:
    """Probability and strength of each disturbance that `disturbed` applies."""

    noise: float = 0.65
    lowest_snr_db: float = 1.0
    highest_snr_db: float = 30.0
    reverberation: float = 0.15
    equaliser: float = 0.3
    telephone: float = 0.24
    muffled: float = 0.06
    gain: float = 0.7

    def scaled(self, strength: float) -> Severity:
        """Weaker and rarer disturbances, gain excepted, for the beginning of training."""
        return Severity(
            noise=self.noise * strength,
            lowest_snr_db=self.lowest_snr_db + 9 * (1 - strength),
            highest_snr_db=self.highest_snr_db,
            reverberation=self.reverberation * strength,
            equaliser=self.equaliser * strength,
            telephone=self.telephone * strength,
            muffled=self.muffled * strength,
            gain=self.gain,
        )


def disturbed(samples: Samples, bank: NoiseBank, severity: Severity, rng: Rng) -> Samples:
    """Apply each disturbance at random, in the order from the room to the recording."""
    if rng.random() < severity.equaliser:
        samples = equalised(samples, rng)
    if rng.random() < severity.reverberation:
        samples = reverberated(samples, rng.uniform(0.08, 0.35), rng.uniform(0.02, 0.12), rng)
    if rng.random() < severity.noise:
        snr_db = rng.uniform(severity.lowest_snr_db, severity.highest_snr_db)
        samples = with_noise(samples, bank.draw(len(samples), rng), snr_db)
    line = rng.random()
    if line < severity.telephone:
        samples = telephone(samples, rng.uniform(150, 350), rng.uniform(3200, 3800), rng.random() < 0.6)
    elif line < severity.telephone + severity.muffled:
        samples = band_limited(samples, 0.0, rng.uniform(3400, 6500))
    if rng.random() < severity.gain:
        samples = samples * np.float32(10 ** (rng.uniform(-28, 4) / 20))
    return np.clip(samples, -1, 1).astype(np.float32)


def stretched(samples: Samples, factor: float) -> Samples:
    """Play samples at another speed: pace, pitch and formants change together, as in another voice."""
    positions = np.arange(0, len(samples) - 1, factor)
    return np.interp(positions, np.arange(len(samples)), samples).astype(np.float32)


def equalised(samples: Samples, rng: Rng, range_db: float = 8.0) -> Samples:
    """Apply a smooth random frequency response, as of another microphone."""
    gains_db = rng.uniform(-range_db, range_db, EQUALISER_BANDS)
    edges = np.geomspace(100, SAMPLE_RATE / 2, EQUALISER_BANDS)
    return _filtered(samples, lambda frequencies: 10 ** (np.interp(frequencies, edges, gains_db) / 20))


def reverberated(samples: Samples, decay_s: float, level: float, rng: Rng) -> Samples:
    """Add reverberation as decaying noise after the direct sound; `decay_s` is the time to -60 dB."""
    count = max(2, round(decay_s * SAMPLE_RATE))
    response = rng.standard_normal(count) * np.exp(-DECAY_60_DB * np.arange(count) / count) * level
    response[0] = 1.0
    size = fft.next_fast_len(len(samples) + count, real=True)
    heard = fft.irfft(fft.rfft(samples, size) * fft.rfft(response.astype(np.float32), size), size)
    return np.asarray(heard[: len(samples)], np.float32)


def with_noise(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """Add noise of unit power at `snr_db` below the mean power of the audible samples."""
    mixed: Samples = samples + noise * np.float32(speech_level(samples) * 10 ** (-snr_db / 20))
    return mixed


def speech_level(samples: Samples) -> float:
    """Root mean square of the audible samples; 0.05 when no sample is audible."""
    audible = samples[np.abs(samples) > AUDIBLE]
    return float(np.sqrt(np.mean(audible**2))) if len(audible) else 0.05


def telephone(
    samples: Samples, low_hz: float = 300.0, high_hz: float = 3400.0, mu_law: bool = True
) -> Samples:
    """Pass samples through an 8 kHz line and back to 16 kHz, with µ-law coding or without."""
    step = SAMPLE_RATE // TELEPHONE_RATE
    padded = np.pad(
        samples, (0, step * fft.next_fast_len(-(-len(samples) // step), real=True) - len(samples))
    )
    narrow = band_limited(padded, low_hz, min(high_hz, TELEPHONE_RATE / 2))[::step]
    if mu_law:
        peak = float(np.abs(narrow).max()) + 1e-9
        narrow = _mu_law(narrow / peak * TELEPHONE_PEAK) * (peak / TELEPHONE_PEAK)
    wide = fft.irfft(fft.rfft(narrow) * np.float32(step), len(padded))
    return np.asarray(wide[: len(samples)], np.float32)


def band_limited(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """Limit samples to a frequency band with soft edges; `low_hz` 0 keeps the low end."""

    def response(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        low = _falling(low_hz - frequencies) if low_hz > 0 else 1.0
        return low * _falling(frequencies - high_hz)

    return _filtered(samples, response)


def _filtered(samples: Samples, response: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Samples:
    """Filter samples; `response` maps frequencies in Hz to gains.

    Padded to a length with a fast transform.
    """
    size = fft.next_fast_len(len(samples), real=True)
    gains = response(fft.rfftfreq(size, 1 / SAMPLE_RATE)).astype(np.float32)
    filtered = fft.irfft(fft.rfft(samples, size) * gains, size)
    return np.asarray(filtered[: len(samples)], np.float32)


def _falling(distance_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(np.clip(distance_hz / EDGE_HZ, -60, 60)))


def _mu_law(samples: Samples) -> Samples:
    compressed = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    coded = np.round(compressed * MU_LAW_STEPS) / MU_LAW_STEPS
    expanded: Samples = (np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(MU)) / MU).astype(np.float32)
    return expanded
