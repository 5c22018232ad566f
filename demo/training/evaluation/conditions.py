"""Conditions of the evaluation: which set of utterances, and what is done to its clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.sentences.languages import LANGUAGES
from training.sound.augmentation import reverberated, stretched, telephone, with_noise
from training.sound.noise import NoiseBank, Rng, cut
from training.sound.non_speech import KINDS, non_speech_of
from training.voices.speech import SAMPLE_RATE, Samples
from training.voices.speech_store import Utterance

MARGIN = 3_200  # samples of silence around a sentence
PAUSE = 6_400
NOISY_SENTENCES = 120
LONG_CLIPS = 16  # of each language
NON_SPEECH_S = (0.5, 1.5, 3.0, 7.0, 12.0)
NON_SPEECH_LEVELS_DB = (-60, -40, -20)

Change = Callable[[Samples, Rng], Samples]


@dataclass(frozen=True, slots=True)
class Clip:
    """Clip to transcribe. For non-speech `reference` is empty and `language` is `none`."""

    samples: Samples
    reference: str
    language: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    `dataset` is an evaluation set, `limit` the number of its utterances used (0 for all).
    """

    name: str
    dataset: str
    change: Change = lambda samples, _: samples
    limit: int = 0
    duration_s: float = 0.0  # utterances are joined to clips of about this length


def conditions(bank: NoiseBank) -> list[Condition]:
    """All conditions with speech, in the order of the table."""
    noises = {
        **{name: bank.coloured[name] for name in ("white", "pink")},
        "babble": bank.babble["babble of 5"],
    }
    noisy = [
        Condition(f"{name} noise, SNR {snr_db} dB", "sentences", _noisy(noise, snr_db), NOISY_SENTENCES)
        for name, noise in noises.items()
        for snr_db in (20, 10, 5)
    ]
    pink = _noisy(noises["pink"], 15)
    return [
        Condition("clean", "sentences"),
        *noisy,
        Condition("telephone, 8 kHz µ-law", "sentences", lambda clip, _: telephone(clip), NOISY_SENTENCES),
        Condition(
            "telephone and pink noise, 15 dB",
            "sentences",
            lambda clip, rng: telephone(pink(clip, rng)),
            NOISY_SENTENCES,
        ),
        Condition(
            "reverberation, 0.3 s",
            "sentences",
            lambda clip, rng: reverberated(clip, 0.3, 0.08, rng),
            NOISY_SENTENCES,
        ),
        Condition("level -30 dB", "sentences", lambda clip, _: clip * np.float32(0.0316), NOISY_SENTENCES),
        Condition("voice 8 % lower", "sentences", lambda clip, _: stretched(clip, 0.92), NOISY_SENTENCES),
        Condition("voice 12 % higher", "sentences", lambda clip, _: stretched(clip, 1.12), NOISY_SENTENCES),
        *(Condition(f"clips of {length} s", "sentences", duration_s=length) for length in (10, 20, 28)),
        Condition("second synthesiser", "second"),
        Condition("held-out dialogues", "dialogues"),
        Condition("words in no order", "salad"),
        Condition("digit strings", "digits"),
        Condition("scenario sentences", "scenarios"),
    ]


def clips(condition: Condition, utterances: Sequence[Utterance], seed: int) -> list[Clip]:
    """Clips of a condition, which depend on the seed alone."""
    rng = np.random.default_rng(seed)
    chosen = utterances[: condition.limit] if condition.limit else utterances
    groups = [[utterance] for utterance in chosen]
    if condition.duration_s:
        groups = [group for language in LANGUAGES for group in _long(chosen, language, condition.duration_s)]
    return [_clip(group, condition.change, rng) for group in groups]


def non_speech_clips(bank: NoiseBank, seed: int) -> list[Clip]:
    """Clips of every kind of non-speech at every level and length."""
    rng = np.random.default_rng(seed)
    return [
        Clip(
            non_speech_of(kind, round(duration_s * SAMPLE_RATE), bank, rng) * np.float32(10 ** (level / 20)),
            "",
            "none",
        )
        for kind in KINDS
        for duration_s in NON_SPEECH_S
        for level in (NON_SPEECH_LEVELS_DB if kind != "silence" else (0,))
    ]


def _noisy(noise: Samples, snr_db: float) -> Change:
    return lambda samples, rng: with_noise(samples, cut(noise, len(samples), rng), snr_db)


def _clip(group: Sequence[Utterance], change: Change, rng: Rng) -> Clip:
    pieces = [np.zeros(MARGIN, np.float32)]
    for utterance in group:
        pieces += [utterance.samples, np.zeros(PAUSE if utterance is not group[-1] else MARGIN, np.float32)]
    language = group[0].plan.language
    text = ("" if language == "zh" else " ").join(utterance.plan.text for utterance in group)
    changed = np.clip(change(np.concatenate(pieces), rng), -1, 1).astype(np.float32)
    return Clip(changed, text, language)


def _long(utterances: Sequence[Utterance], language: str, wanted_s: float) -> Iterator[list[Utterance]]:
    """Groups of consecutive utterances, each with as many as fit into `wanted_s`."""
    group: list[Utterance] = []
    made, length_s = 0, 0.0
    for utterance in (item for item in utterances if item.plan.language == language):
        needed_s = utterance.duration_s + PAUSE / SAMPLE_RATE
        if group and length_s + needed_s > wanted_s:
            yield group
            made, group, length_s = made + 1, [], 0.0
        if made == LONG_CLIPS:
            return
        group.append(utterance)
        length_s += needed_s
