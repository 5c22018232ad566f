"""Summary of outcomes: error rates with intervals, right languages, text where nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from asr_eval.evaluation import Outcome, Scored
from asr_eval.normalization import rate_name
from asr_eval.scoring import ErrorCount, total_errors

RESAMPLES = 1_000
SEED = 0
_LOW, _HIGH = 2.5, 97.5  # percentiles: a 95 % interval


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds between which the rate lies for 95 % of resampled test sets."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """All utterances of one language and condition under one degradation.

    `interval` is None for fewer than two utterances, which cannot be resampled. `language_accuracy` is the
    share of utterances for which the model named the right language.
    """

    language: str
    condition: str
    degradation: str
    utterances: int
    audio_s: float
    errors: ErrorCount
    interval: Interval | None
    language_accuracy: float

    @property
    def rate_name(self) -> str:
        return rate_name(self.language)


@dataclass(frozen=True, slots=True)
class Silence:
    """Recordings in which nothing is said, under one degradation. `invented` counts words or characters that
    the model hallucinated."""

    condition: str
    degradation: str
    recordings: int
    audio_s: float
    recordings_with_text: int
    invented: int


def speech_groups(outcomes: Iterable[Outcome]) -> tuple[Group, ...]:
    """One group for each language, condition and degradation, in the order of the outcomes."""
    groups: dict[tuple[str, str, str], list[Scored]] = {}
    for outcome in outcomes:
        if isinstance(outcome, Scored) and outcome.utterance.language:
            key = outcome.utterance.language, outcome.utterance.condition, outcome.degradation
            groups.setdefault(key, []).append(outcome)
    return tuple(_group(*key, members) for key, members in groups.items())


def silence_groups(outcomes: Iterable[Outcome]) -> tuple[Silence, ...]:
    """One group for each condition and degradation, in the order of the outcomes."""
    groups: dict[tuple[str, str], list[Scored]] = {}
    for outcome in outcomes:
        if isinstance(outcome, Scored) and not outcome.utterance.language:
            groups.setdefault((outcome.utterance.condition, outcome.degradation), []).append(outcome)
    return tuple(
        Silence(
            condition,
            degradation,
            recordings=len(members),
            audio_s=sum(member.duration_s for member in members),
            recordings_with_text=sum(bool(member.hypothesis) for member in members),
            invented=sum(member.errors.insertions for member in members),
        )
        for (condition, degradation), members in groups.items()
    )


def worst(outcomes: Iterable[Outcome], count: int) -> list[Scored]:
    """The utterances with most errors; of two with equal numbers the shorter one comes first."""
    scored = [outcome for outcome in outcomes if isinstance(outcome, Scored) and outcome.errors.errors]
    return sorted(scored, key=lambda entry: (-entry.errors.errors, entry.errors.reference_length))[:count]


def bootstrap(counts: Sequence[ErrorCount]) -> Interval | None:
    """95 % percentile interval of the rate over resampled utterances (Bisani and Ney, 2004)."""
    if len(counts) < 2:
        return None
    errors = np.array([count.errors for count in counts])
    lengths = np.array([count.reference_length for count in counts])
    rng = np.random.default_rng(SEED)
    rates = np.empty(RESAMPLES)
    for index in range(RESAMPLES):
        drawn = rng.integers(len(counts), size=len(counts))
        rates[index] = errors[drawn].sum() / max(1, lengths[drawn].sum())
    low, high = np.percentile(rates, [_LOW, _HIGH])
    return Interval(float(low), float(high))


def _group(language: str, condition: str, degradation: str, members: Sequence[Scored]) -> Group:
    counts = [member.errors for member in members]
    return Group(
        language,
        condition,
        degradation,
        utterances=len(members),
        audio_s=sum(member.duration_s for member in members),
        errors=total_errors(counts),
        interval=bootstrap(counts),
        language_accuracy=sum(member.heard_language == language for member in members) / len(members),
    )
