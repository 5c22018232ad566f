"""Time line of one clip: utterances in a row, with the times of phonemes and text tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from transformers import Qwen2Tokenizer

from training.sound.augmentation import stretched
from training.sound.noise import Rng
from training.voices.speech import SAMPLE_RATE, SAMPLES_PER_MS, SILENCE, Phoneme, Samples
from training.voices.speech_store import Utterance

MARGIN_S = 0.6  # longest silence before and after
PAUSE_S = (0.1, 0.8)  # between utterances
STRETCH = (0.88, 1.14)
STRETCHED_SHARE = 0.4
LOUDNESS = (0.5, 1.1)  # of utterances in one clip


@dataclass(frozen=True, slots=True)
class TimedToken:
    """Token of the text, and the time at which its word ends."""

    token: int
    end_ms: float
    index: int  # in the text


@dataclass(slots=True)
class Timeline:
    """Time line that grows utterance by utterance."""

    language: str
    pieces: list[Samples] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    timed: list[TimedToken] = field(default_factory=list)
    phonemes: list[Phoneme] = field(default_factory=list)

    @property
    def samples(self) -> Samples:
        """The clip so far."""
        return np.concatenate(self.pieces)

    @property
    def position_ms(self) -> float:
        """Time at which the next piece begins."""
        return sum(len(piece) for piece in self.pieces) / SAMPLES_PER_MS

    def silence(self, duration_s: float) -> None:
        """Append a pause."""
        self.phonemes.append(Phoneme(self.position_ms, SILENCE))
        self.pieces.append(np.zeros(round(duration_s * SAMPLE_RATE), np.float32))

    def speech(self, utterance: Utterance, tokenizer: Qwen2Tokenizer, pace: float, loudness: float) -> None:
        """Append an utterance, played at another pace; in English a space separates it from other text."""
        start_ms = self.position_ms
        samples = utterance.samples if pace == 1.0 else stretched(utterance.samples, pace)
        self.pieces.append(samples * np.float32(loudness))
        space = 1 if self.tokens and self.language == "en" else 0
        encoded = tokenizer(
            " " * space + utterance.plan.text, add_special_tokens=False, return_offsets_mapping=True
        )
        for index, (token, span) in enumerate(zip(encoded.input_ids, encoded.offset_mapping, strict=True)):
            start, end = span[0] - space, span[1] - space
            ends = [
                word.end_ms for word in utterance.words if word.text_start < end and start < word.text_end
            ]
            if ends:
                self.timed.append(TimedToken(token, start_ms + ends[-1] / pace, len(self.tokens) + index))
        self.tokens.extend(encoded.input_ids)
        self.phonemes.extend(
            Phoneme(start_ms + phoneme.start_ms / pace, phoneme.name) for phoneme in utterance.phonemes
        )


def joined(utterances: Sequence[Utterance], tokenizer: Qwen2Tokenizer, rng: Rng) -> Timeline:
    """Utterances of one language with random margins and pauses, some in another throat."""
    timeline = Timeline(utterances[0].plan.language)
    timeline.silence(rng.uniform(0, MARGIN_S))
    for index, utterance in enumerate(utterances):
        if index:
            timeline.silence(rng.uniform(*PAUSE_S))
        pace = rng.uniform(*STRETCH) if rng.random() < STRETCHED_SHARE else 1.0
        timeline.speech(utterance, tokenizer, pace, rng.uniform(*LOUDNESS) if len(utterances) > 1 else 1.0)
    timeline.silence(rng.uniform(0, MARGIN_S))
    return timeline
