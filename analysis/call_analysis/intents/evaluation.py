"""Evaluation of intent recognition on labelled utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_types.transcript import ROLE_UNKNOWN
from call_analysis.errors import TranscriptFileError
from call_analysis.findings import UNKNOWN, Intent
from call_analysis.intents.intent_rules import IntentRules
from call_analysis.intents.recognition import turn_intents
from call_analysis.text.character_errors import with_character_errors
from call_analysis.turns import CallTurn, FoldedTurn

BINS = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """An utterance and its intents; no intents stand for `unknown`."""

    text: str
    intents: frozenset[str]


@dataclass(frozen=True, slots=True)
class IntentScore:
    """How well one intent was recognised."""

    name: str
    count: int  # utterances that have it
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by intent and for all utterances."""

    utterances: int
    scores: tuple[IntentScore, ...]
    macro_f1: float
    calibration_error: float


def read_labelled(path: Path, rules: IntentRules) -> list[Labelled]:
    """Utterances of a file: lines of intents joined by "+", a tab, and the text; # begins a comment."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TranscriptFileError(f"{path}: cannot be read: {error}") from error
    allowed = {*rules.categories, UNKNOWN}
    labelled = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        names, tab, text = line.partition("\t")
        if not tab or not text.strip() or not set(names.split("+")) <= allowed:
            raise TranscriptFileError(
                f"{path}:{number}: got {line!r:.60}; allowed: intents joined by '+', a tab, an utterance; "
                f"intents: {', '.join(sorted(allowed))}"
            )
        labelled.append(Labelled(text, frozenset(names.split("+")) - {UNKNOWN}))
    if not labelled:
        raise TranscriptFileError(f"{path}: no utterances")
    return labelled


def evaluate(utterances: Sequence[Labelled], rules: IntentRules) -> Evaluation:
    """Recognise the intents of all utterances and compare them with their labels.

    A background intent (greeting) counts only where no other intent is recognised, as in a call.
    """
    answers = [_answer(utterance.text, rules) for utterance in utterances]
    named = [frozenset(intent.name for intent in answer) for answer in answers]
    wanted = [utterance.intents for utterance in utterances]
    scores = tuple(_score(name, wanted, named) for name in rules.categories)
    nothing = [[_or_unknown(part) for part in of] for of in (wanted, named)]
    scores += (_score(UNKNOWN, *nothing),)
    counted = [score for score in scores if score.count]
    pairs = [
        (intent.confidence, intent.name in utterance.intents)
        for utterance, answer in zip(utterances, answers, strict=True)
        for intent in answer
    ]
    return Evaluation(
        utterances=len(utterances),
        scores=scores,
        macro_f1=sum(score.f1 for score in counted) / len(counted),
        calibration_error=calibration_error(pairs),
    )


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error of (confidence, is right) pairs.

    The mean distance between confidence and share of right answers in `BINS` bins of confidence, weighted by
    the number of answers in each.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for pair in pairs:
        bins[min(int(pair[0] * BINS), BINS - 1)].append(pair)
    distances = (
        abs(sum(confidence for confidence, _ in part) - sum(right for _, right in part)) for part in bins
    )
    return sum(distances) / len(pairs) if pairs else 0.0


def with_errors(utterance: Labelled, rate: float, seed: int) -> Labelled:
    """The utterance with simulated recognition errors."""
    return Labelled(with_character_errors(utterance.text, rate, seed), utterance.intents)


def _answer(text: str, rules: IntentRules) -> tuple[Intent, ...]:
    turn = CallTurn(0, ROLE_UNKNOWN, 0, 0.0, 0.0, None, text)
    intents = [intent for intent in turn_intents([FoldedTurn.of(turn)], rules)[0] if intent.name != UNKNOWN]
    plain = [intent for intent in intents if not rules.categories[intent.name].background]
    return tuple(plain or intents)


def _or_unknown(intents: frozenset[str]) -> frozenset[str]:
    return intents or frozenset({UNKNOWN})


def _score(name: str, wanted: Sequence[frozenset[str]], named: Sequence[frozenset[str]]) -> IntentScore:
    there = sum(name in labels for labels in wanted)
    said = sum(name in labels for labels in named)
    right = sum(name in labels and name in answer for labels, answer in zip(wanted, named, strict=True))
    precision, recall = (right / said if said else 0.0), (right / there if there else 0.0)
    return IntentScore(name, there, precision, recall, 2 * right / (said + there) if said + there else 0.0)
