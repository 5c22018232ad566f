"""Curriculum of training: clips, loss weights and learning rate at each point of the progress."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.sentences.languages import LANGUAGES
from training.sound.noise import Rng
from training.voices.speech_store import Utterance

LONGEST_CLIP_S = 28.0
SHORTEST_JOINED_S = 6.0
MARGINS_S = 0.8  # mean silence around an utterance in a clip
FINAL_LEARNING_RATE = 0.02  # of the highest

Item = tuple[int, ...]  # indices of utterances of one language that make one clip


@dataclass(frozen=True, slots=True)
class Phase:
    """Phase that lasts until a share of the progress. `joined_share` of its clips join several utterances."""

    until: float
    longest_s: float
    joined_share: float
    auxiliary_weight: float


PHASES = (
    Phase(until=0.12, longest_s=5.0, joined_share=0.0, auxiliary_weight=1.0),
    Phase(until=0.35, longest_s=30.0, joined_share=0.15, auxiliary_weight=1.0),
    Phase(until=1.0, longest_s=30.0, joined_share=0.35, auxiliary_weight=0.3),
)


def phase_at(progress: float) -> Phase:
    """The phase at a progress of 0..1."""
    return next((phase for phase in PHASES if progress < phase.until), PHASES[-1])


def strength_at(progress: float) -> float:
    """Strength of the disturbances: from a third to full strength in the first third of the progress."""
    return min(1.0, 0.35 + 2.2 * progress)


def learning_rate_at(progress: float, step: int, highest: float, warm_up_steps: int) -> float:
    """Learning rate: linear warm-up by steps, times a cosine over the progress."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    decay = FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine
    return highest * min(1.0, (step + 1) / warm_up_steps) * decay


def round_of_batches(
    utterances: Sequence[Utterance], phase: Phase, batch_audio_s: float, rng: Rng
) -> list[list[Item]]:
    """Batches that hold every utterance of the phase once: similar lengths together, in random order."""
    items = [
        item
        for language in LANGUAGES
        for item in _items(_eligible(utterances, language, phase), utterances, phase, rng)
    ]
    durations = np.array([_duration_s(item, utterances) for item in items])
    order = np.argsort(durations * rng.uniform(0.9, 1.1, len(items)))
    batches: list[list[Item]] = [[]]
    longest = 0.0
    for index in order:
        longest = max(longest, durations[index])
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_audio_s:
            batches.append([])
            longest = durations[index]
        batches[-1].append(items[index])
    return [batches[index] for index in rng.permutation(len(batches))]


def _eligible(utterances: Sequence[Utterance], language: str, phase: Phase) -> list[int]:
    return [
        index
        for index, utterance in enumerate(utterances)
        if utterance.plan.language == language and utterance.duration_s <= phase.longest_s
    ]


def _items(indices: list[int], utterances: Sequence[Utterance], phase: Phase, rng: Rng) -> list[Item]:
    waiting = [indices[position] for position in rng.permutation(len(indices))]
    items: list[Item] = []
    while waiting:
        wanted_s = 0.0
        if rng.random() < phase.joined_share:
            wanted_s = rng.uniform(SHORTEST_JOINED_S, LONGEST_CLIP_S)
        item = [waiting.pop()]
        while (
            waiting
            and _duration_s(item, utterances) < wanted_s
            and _duration_s([*item, waiting[-1]], utterances) <= LONGEST_CLIP_S
        ):
            item.append(waiting.pop())
        items.append(tuple(item))
    return items


def _duration_s(item: Sequence[int], utterances: Sequence[Utterance]) -> float:
    return sum(utterances[index].duration_s + MARGINS_S for index in item)
