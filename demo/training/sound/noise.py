"""Noise to add to speech or to use alone: coloured noise, mains hum, and babble mixed from the corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.voices.speech import SAMPLE_RATE, Samples
from training.voices.speech_store import Utterance

COLOURED_S = 60
BABBLE_S = 120
LOWEST_HZ = 20
SLOPES = {"white": 0.0, "soft": 0.5, "pink": 1.0, "brown": 2.0}  # power falls with frequency to this exponent
HUM_HZ = 50
HUM_HARMONICS = (1, 2, 3, 5, 7)
BABBLE_VOICES = (3, 5, 8)
BABBLE_SHARE = 0.25

Rng = np.random.Generator


class NoiseBank:
    """Long noise recordings of unit power, from which random pieces are cut."""

    def __init__(self, coloured: dict[str, Samples], babble: dict[str, Samples]) -> None:
        self.coloured = coloured
        self.babble = babble

    @classmethod
    def build(cls, speech: Sequence[Utterance], rng: Rng, babble_s: float = BABBLE_S) -> NoiseBank:
        """Make the recordings; the babble is mixed from `speech`."""
        coloured = {name: coloured_noise(slope, COLOURED_S, rng) for name, slope in SLOPES.items()}
        coloured["hum"] = hum(COLOURED_S, rng)
        babbles = {f"babble of {voices}": babble(speech, voices, babble_s, rng) for voices in BABBLE_VOICES}
        return cls(coloured, babbles)

    def draw(self, count: int, rng: Rng) -> Samples:
        """Draw a piece of any noise; a share of BABBLE_SHARE is babble."""
        if rng.random() >= BABBLE_SHARE:
            return self.draw_coloured(count, rng)
        recordings = list(self.babble.values())
        return cut(recordings[rng.integers(len(recordings))], count, rng)

    def draw_coloured(self, count: int, rng: Rng) -> Samples:
        """Draw a piece of noise without voices."""
        recordings = list(self.coloured.values())
        return cut(recordings[rng.integers(len(recordings))], count, rng)


def cut(recording: Samples, count: int, rng: Rng) -> Samples:
    """Cut out a random piece; a recording shorter than the piece is repeated."""
    start = int(rng.integers(max(1, len(recording) - count)))
    return np.resize(recording[start : start + count], count)


def coloured_noise(slope: float, duration_s: float, rng: Rng) -> Samples:
    """Gaussian noise whose power falls with frequency to the power of `slope`."""
    count = round(duration_s * SAMPLE_RATE)
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    shape = np.where(frequencies < LOWEST_HZ, 0.0, np.maximum(frequencies, 1.0) ** (-slope / 2))
    return _unit_power(np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * shape, count))


def hum(duration_s: float, rng: Rng) -> Samples:
    """Mains hum with a little hiss."""
    seconds = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [
        np.sin(2 * np.pi * HUM_HZ * harmonic * seconds + rng.uniform(0, 2 * np.pi)) / harmonic
        for harmonic in HUM_HARMONICS
    ]
    return _unit_power(_unit_power(np.sum(tones, axis=0)) + 0.1 * coloured_noise(0.0, duration_s, rng))


def babble(speech: Sequence[Utterance], voices: int, duration_s: float, rng: Rng) -> Samples:
    """Mix `voices` people who talk without a break, at different levels."""
    mixed = np.zeros(round(duration_s * SAMPLE_RATE), np.float32)
    for _ in range(voices):
        position = 0
        while position < len(mixed):
            spoken = speech[rng.integers(len(speech))].samples[: len(mixed) - position]
            mixed[position : position + len(spoken)] += spoken * rng.uniform(0.4, 1.0)
            position += len(spoken) + int(rng.uniform(0, 0.3) * SAMPLE_RATE) + 1
    return _unit_power(mixed)


def _unit_power(samples: NDArray[np.float32] | NDArray[np.float64]) -> Samples:
    scaled: Samples = (samples / samples.std()).astype(np.float32)
    return scaled
