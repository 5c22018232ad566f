"""Narrow-band telephone line: 300 to 3400 Hz at 8 kHz, 8-bit µ-law."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

LINE_RATE = 8_000

_BAND_HZ = (300.0, 3_400.0)
_TAPS = 257
_MU = 255.0
_STEPS = 127.0  # on either side of zero


def through_telephone(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """One channel after the line, at `LINE_RATE`."""
    line = soxr.resample(samples, rate, LINE_RATE, quality="HQ")
    return mu_law(np.convolve(line, _band_pass(), mode="same"))


def mu_law(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quantise and decode by the continuous µ-law; G.711 approximates that law by straight pieces."""
    clipped = np.clip(samples, -1, 1)
    compressed = np.sign(clipped) * np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU)
    steps = np.rint(compressed * _STEPS) / _STEPS
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU, np.float32)


def _band_pass() -> NDArray[np.float64]:
    """Windowed sinc, linear phase: 6 dB down at the edges, flat 100 Hz inside, 75 dB down 100 Hz outside."""
    taps = np.arange(_TAPS) - _TAPS // 2
    low, high = (2 * edge / LINE_RATE for edge in _BAND_HZ)
    return np.asarray((high * np.sinc(high * taps) - low * np.sinc(low * taps)) * np.blackman(_TAPS))
