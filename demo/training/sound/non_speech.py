"""Non-speech clips: silence, noise, tones, music, clicks. Their transcript is `language None`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.sound.augmentation import telephone
from training.sound.noise import NoiseBank, Rng
from training.voices.speech import SAMPLE_RATE, Samples

LOUDEST_DB = -10.0
QUIETEST_DB = -70.0
SEMITONE = 2 ** (1 / 12)
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
KINDS = {"silence": 0.2, "noise": 0.42, "tones": 0.12, "music": 0.13, "clicks": 0.13}


def non_speech(count: int, bank: NoiseBank, rng: Rng) -> Samples:
    """`count` samples of any kind at any level, sometimes through a telephone line."""
    kind = rng.choice(list(KINDS), p=list(KINDS.values()))
    samples = non_speech_of(str(kind), count, bank, rng)
    samples = samples * np.float32(10 ** (rng.uniform(QUIETEST_DB, LOUDEST_DB) / 20))
    if rng.random() < 0.3:
        samples = telephone(samples, mu_law=False)
    return np.clip(samples, -1, 1).astype(np.float32)


def non_speech_of(kind: str, count: int, bank: NoiseBank, rng: Rng) -> Samples:
    """`count` samples of one kind at full level."""
    if kind == "silence":
        return np.zeros(count, np.float32)
    if kind == "noise":
        return bank.draw_coloured(count, rng)
    return {"tones": tones, "music": music, "clicks": clicks}[kind](count, rng)


def tones(count: int, rng: Rng) -> Samples:
    """A ringing or engaged tone: one or two frequencies switched on and off."""
    seconds = np.arange(count) / SAMPLE_RATE
    mixed = sum(np.sin(2 * np.pi * hz * seconds) for hz in rng.uniform(200, 2500, rng.integers(1, 3)))
    switched = np.sin(2 * np.pi * rng.uniform(0.3, 3) * seconds + rng.uniform(0, 6)) > rng.uniform(-1, 0.3)
    tone: Samples = (mixed * switched).astype(np.float32)
    return tone


def music(count: int, rng: Rng) -> Samples:
    """Waiting-line music: plucked notes of a major scale over slow chords."""
    samples = np.zeros(count, np.float64)
    key_hz, beat_s = rng.uniform(110, 220), rng.uniform(0.2, 0.6)
    for start in range(0, count, max(1, round(beat_s * SAMPLE_RATE))):
        for octave, length in ((2, 1.0), (1, 4.0)):
            hz = key_hz * octave * SEMITONE ** MAJOR_SCALE[rng.integers(len(MAJOR_SCALE))]
            note = _note(hz, min(count - start, round(length * beat_s * SAMPLE_RATE)), rng)
            samples[start : start + len(note)] += note
    return (samples / 4).astype(np.float32)


def clicks(count: int, rng: Rng) -> Samples:
    """Short bursts over faint hiss."""
    samples = rng.standard_normal(count) * 0.02
    for _ in range(rng.integers(1, 7)):
        start, length = int(rng.integers(count)), round(rng.uniform(0.01, 0.25) * SAMPLE_RATE)
        burst = rng.standard_normal(min(length, count - start))
        samples[start : start + len(burst)] += burst * np.exp(-5 * np.arange(len(burst)) / length)
    return samples.astype(np.float32)


def _note(hz: float, count: int, rng: Rng) -> NDArray[np.float64]:
    seconds = np.arange(count) / SAMPLE_RATE
    partials = sum(np.sin(2 * np.pi * hz * partial * seconds) / partial**1.5 for partial in (1, 2, 3, 4))
    attack = np.minimum(1.0, seconds / 0.01)
    decayed: NDArray[np.float64] = partials * attack * np.exp(-seconds * rng.uniform(1.5, 6))
    return decayed
