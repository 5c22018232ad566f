"""Noise of unit power, and the speech level that its signal-to-noise ratio refers to."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

_LOWEST_HZ = 20.0
_FRAME_S = 0.02
_SPECTRUM_S = 0.064  # resolution of the long-term spectrum of speech
_MARGIN = 10 ** (-15.9 / 10)  # ITU-T P.56: frames so far below the active level do not count as speech


class NoiseColour(StrEnum):
    """`SPEECH` has the long-term spectrum of the recording itself."""

    WHITE = "white"
    PINK = "pink"
    SPEECH = "speech-shaped"


def noise(
    colour: NoiseColour, like: NDArray[np.float32], rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Gaussian noise of unit power, as long as `like`."""
    white = rng.standard_normal(len(like))
    if colour is NoiseColour.WHITE:
        return white.astype(np.float32)
    hertz = np.fft.rfftfreq(len(like), 1 / rate)
    shaped = np.fft.irfft(np.fft.rfft(white) * _shape(colour, hertz, like, rate), len(like))
    return (shaped / max(float(shaped.std()), 1e-12)).astype(np.float32)


def _shape(
    colour: NoiseColour, hertz: NDArray[np.float64], like: NDArray[np.float32], rate: int
) -> NDArray[np.float64]:
    if colour is NoiseColour.PINK or not like.any():
        return np.where(hertz < _LOWEST_HZ, 0.0, np.maximum(hertz, 1.0) ** -0.5)
    frame = round(_SPECTRUM_S * rate)
    frames = np.resize(like, (max(1, len(like) // frame), frame)) * np.hanning(frame)
    power = np.mean(np.abs(np.fft.rfft(frames, axis=1)) ** 2, axis=0)
    return np.interp(hertz, np.fft.rfftfreq(frame, 1 / rate), np.sqrt(power))


def speech_level(samples: NDArray[np.float32], rate: int) -> float:
    """Root mean square of the frames with speech; 0 for digital silence.

    As in ITU-T P.56: frames more than 15.9 dB below the mean power are left out, and the mean is taken
    again, until no frame is left out.
    """
    frame = max(1, round(_FRAME_S * rate))
    whole = samples[: len(samples) // frame * frame] if len(samples) >= frame else np.resize(samples, frame)
    power = np.mean(whole.reshape(-1, frame).astype(np.float64) ** 2, axis=1)
    active = power[power > 0]
    while len(active):
        louder = active[active >= active.mean() * _MARGIN]
        if len(louder) == len(active):
            return float(np.sqrt(active.mean()))
        active = louder
    return 0.0
