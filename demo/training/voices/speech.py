"""Synthesised speech, with the times of its phonemes and words as training targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000
PEAK = 20_000 / 32_768
AUDIBLE = 0.003
LEAD_IN = 480  # samples kept before the first audible one
LEAD_OUT = 960
SILENCE = "sil"

Samples = NDArray[np.float32]  # mono, 16 kHz, in [-1, 1]


@dataclass(frozen=True, slots=True)
class Phoneme:
    """Phoneme and its start time."""

    start_ms: float
    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """Span of the written text, and the time at which it ends."""

    end_ms: float
    text_start: int
    text_end: int


@dataclass(frozen=True, slots=True)
class Speech:
    """Samples of an utterance, with `phonemes` and `words` in spoken order."""

    samples: Samples
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]

    def trimmed(self) -> Speech:
        """Cut silence at the ends and scale to a fixed peak. Raises ValueError when nothing is audible."""
        audible = np.flatnonzero(np.abs(self.samples) > AUDIBLE * max(np.abs(self.samples).max(), AUDIBLE))
        if not len(audible):
            raise ValueError("the synthesiser said nothing")
        start = max(0, int(audible[0]) - LEAD_IN)
        kept = self.samples[start : int(audible[-1]) + LEAD_OUT]
        shift_ms, length_ms = start / SAMPLES_PER_MS, len(kept) / SAMPLES_PER_MS
        return Speech(
            samples=(kept * (PEAK / np.abs(kept).max())).astype(np.float32),
            phonemes=tuple(Phoneme(phoneme.start_ms - shift_ms, phoneme.name) for phoneme in self.phonemes),
            words=tuple(
                Word(min(word.end_ms - shift_ms, length_ms), word.text_start, word.text_end)
                for word in self.words
            ),
        )
