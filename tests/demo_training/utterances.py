"""Utterances for tests: tones in place of speech, with made-up times, so that no synthesiser is needed."""

from __future__ import annotations

import numpy as np

from training.sentences.corpus import UtterancePlan
from training.voices.speaker import Speaker
from training.voices.speech import SAMPLE_RATE, Phoneme, Word
from training.voices.speech_store import FULL_SCALE, Utterance


def utterance(text: str, language: str, duration_s: float) -> Utterance:
    seconds = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    samples = (0.3 * FULL_SCALE * np.sin(2 * np.pi * (200 + 20 * len(text)) * seconds)).astype(np.int16)
    spans = _spans(text, language)
    step_ms = 1000 * duration_s / len(spans)
    words = tuple(Word((index + 1) * step_ms, *span) for index, span in enumerate(spans))
    phonemes = tuple(Phoneme(index * step_ms, "aeiou"[index % 5]) for index in range(len(spans)))
    plan = UtterancePlan(text, language, "template", Speaker("espeak", "none"))
    return Utterance(plan, phonemes, words, samples)


def _spans(text: str, language: str) -> list[tuple[int, int]]:
    if language == "zh":
        return [(index, index + 1) for index, character in enumerate(text) if character.isalnum()]
    spans, start = [], 0
    for word in text.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return spans
