"""What lies between a mouth and a recording: noise, a telephone line, its level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from make_calls.espeak import SAMPLE_RATE

Samples = NDArray[np.float32]  # in [-1, 1]

TELEPHONE_RATE = 8_000
TELEPHONE_BAND_HZ = (300, 3_400)
TELEPHONE_PEAK = 0.7
MU = 255
MU_LAW_STEPS = 127
AUDIBLE = 1e-3
LOWEST_NOISE_HZ = 20


def telephone(samples: Samples) -> Samples:
    """16 kHz in, 8 kHz out: band-limited and through one µ-law coding."""
    narrow = resample_poly(samples, TELEPHONE_RATE, SAMPLE_RATE)
    band = butter(4, TELEPHONE_BAND_HZ, "band", fs=TELEPHONE_RATE, output="sos")
    filtered = sosfilt(band, narrow)
    return _mu_law(filtered / np.abs(filtered).max() * TELEPHONE_PEAK)


def with_noise(samples: Samples, colour: str, snr_db: float, random: np.random.Generator) -> Samples:
    """Add noise `snr_db` below the mean power of what is audible."""
    audible = samples[np.abs(samples) > AUDIBLE]
    rms = float(np.sqrt(np.mean(audible**2)))
    noise = _noise(colour, len(samples), random) * rms * 10 ** (-snr_db / 20)
    return np.clip(samples + noise, -1, 1).astype(np.float32)


def hiss(duration_s: float, level_dbfs: float, rate: int, random: np.random.Generator) -> Samples:
    """White noise alone, as on an open line with nobody speaking."""
    return _noise("white", round(duration_s * rate), random) * np.float32(10 ** (level_dbfs / 20))


def _noise(colour: str, count: int, random: np.random.Generator) -> Samples:
    slope = {"white": 0.0, "pink": -0.5}[colour]
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    shape = np.where(frequencies < LOWEST_NOISE_HZ, 0, np.maximum(frequencies, 1) ** slope)
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal(count)) * shape, count)
    return (noise / noise.std()).astype(np.float32)


def _mu_law(samples: NDArray[np.float64]) -> Samples:
    compressed = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    coded = np.round(compressed * MU_LAW_STEPS) / MU_LAW_STEPS
    return (np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(MU)) / MU).astype(np.float32)
