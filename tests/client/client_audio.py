"""Sounds made for the client's tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16_000


def speechlike(seconds: float, rms: float = 0.1, rate: int = RATE, seed: int = 0) -> NDArray[np.float32]:
    """Noise whose loudness moves as syllables do: four bursts a second with gaps between them."""
    samples = int(seconds * rate)
    noise = np.random.default_rng(seed).standard_normal(samples)
    envelope = np.clip(np.sin(2 * np.pi * 4 * np.arange(samples) / rate), 0, None)
    signal = noise * envelope
    return (signal * rms / max(float(np.sqrt(np.mean(signal**2))), 1e-9)).astype(np.float32)


def silence(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    return np.zeros(int(seconds * rate), np.float32)


def utterances(count: int, speech_s: float = 1.5, pause_s: float = 1.5) -> NDArray[np.float32]:
    """`count` stretches of speech, each far enough from the next to be a segment of its own."""
    parts = [part for n in range(count) for part in (speechlike(speech_s, seed=n), silence(pause_s))]
    return np.concatenate([silence(0.5), *parts])
