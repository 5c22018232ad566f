"""Training example: disturbed features, prompt and answer tokens, and the auxiliary targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from transformers import Qwen2Tokenizer

from training.examples.targets import PhonemeClasses, Spike, phoneme_targets, spikes
from training.examples.timeline import Timeline, joined
from training.model.prompt import Prompt
from training.sentences.phrases import MAX_CONTEXT_WORDS
from training.sound.augmentation import Severity, disturbed
from training.sound.mel import MelFrontEnd, num_tokens
from training.sound.noise import NoiseBank, Rng
from training.sound.non_speech import non_speech
from training.voices.speech_store import Utterance

NON_SPEECH_SHARE = 0.06
CONTEXT_SHARE = 0.10
MASKED_SHARE = 0.6
MASKED_MEL_BINS = 15
MASKED_FRAMES = 8
CONTEXT_SEPARATORS = {"zh": "，", "en": ", "}


@dataclass(frozen=True, slots=True)
class Example:
    """One example. `tokens` are prompt, audio placeholders and answer; positions are indices into it."""

    features: Tensor  # [128, frames]
    tokens: list[int]
    audio_start: int
    answer_start: int  # first token with a loss
    text_start: int  # first token after the language prefix
    phonemes: NDArray[np.int64]  # [audio tokens, slots]
    spikes: list[Spike]


class ExampleBuilder:
    """Builds examples. All randomness comes from the generator that is passed to `build`."""

    def __init__(
        self,
        tokenizer: Qwen2Tokenizer,
        bank: NoiseBank,
        classes: PhonemeClasses,
        context_words: dict[str, Sequence[str]],
    ) -> None:
        self._tokenizer = tokenizer
        self._prompt = Prompt.build(tokenizer)
        self._mel = MelFrontEnd.build()
        self._bank = bank
        self._classes = classes
        self._context_words = context_words

    def build(self, utterances: Sequence[Utterance], strength: float, rng: Rng) -> Example:
        """Build an example of utterances; `strength` in 0..1 scales the disturbances."""
        timeline = joined(utterances, self._tokenizer, rng)
        context = self._context(timeline.language, rng)
        if rng.random() < NON_SPEECH_SHARE:
            silent = Timeline("none", [non_speech(len(timeline.samples), self._bank, rng)])
            return self._example(silent, silent.samples, context, rng)
        samples = disturbed(timeline.samples, self._bank, Severity().scaled(strength), rng)
        return self._example(timeline, samples, context, rng)

    def _example(
        self, timeline: Timeline, samples: NDArray[np.float32], context: list[int], rng: Rng
    ) -> Example:
        features = self._mel.features(samples)
        if rng.random() < MASKED_SHARE:
            _mask(features, rng)
        audio_tokens = num_tokens(features.shape[1])
        prompt = self._prompt
        head = [*prompt.before_context, *context, *prompt.after_context]
        prefix = prompt.answer_prefixes[timeline.language]
        asked = [*head, *[prompt.audio] * audio_tokens, *prompt.after_audio]
        return Example(
            features=features,
            tokens=[*asked, *prefix, *timeline.tokens, prompt.end_of_turn],
            audio_start=len(head),
            answer_start=len(asked),
            text_start=len(asked) + len(prefix),
            phonemes=phoneme_targets(audio_tokens, timeline.phonemes, self._classes),
            spikes=spikes(audio_tokens, timeline.timed),
        )

    def _context(self, language: str, rng: Rng) -> list[int]:
        """Tokens of the context: sometimes names and terms.

        Few of them are said in the clip, so that the model learns not to copy the context into the text.
        """
        if rng.random() >= CONTEXT_SHARE:
            return []
        words = rng.choice(np.array(self._context_words[language]), rng.integers(1, MAX_CONTEXT_WORDS + 1))
        text = CONTEXT_SEPARATORS[language].join(str(word) for word in words)
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False).input_ids
        return tokens


def _mask(features: Tensor, rng: Rng) -> None:
    """Light SpecAugment, in place: a few mel bands and short stretches of time are set to the mean."""
    mean, frames = features.mean(), features.shape[1]
    for _ in range(rng.integers(0, 3)):
        width = int(rng.integers(1, MASKED_MEL_BINS + 1))
        start = int(rng.integers(0, features.shape[0] - width))
        features[start : start + width] = mean
    for _ in range(rng.integers(0, 2 + frames // 400)):
        width = int(rng.integers(1, MASKED_FRAMES + 1))
        start = int(rng.integers(0, max(1, frames - width)))
        features[:, start : start + width] = mean
