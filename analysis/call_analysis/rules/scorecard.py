"""A scorecard: the score of a call in points, from the verdicts of rules.

- An item that adds wins its points where its rule holds.
- One that subtracts costs its points, and a fatal one fails the call, where its rule holds.
- A dimension's score is the share of its points that were won (100 where none could be won), less the points
  lost, from 0 to 100. The call's score is the mean of its dimensions by weight.
- An item that is not applicable counts nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from call_analysis.findings import DimensionScore, QualityItem, QualityOutcome, QualityReport
from call_analysis.hits import Hit
from call_analysis.rules.condition import Verdict
from call_analysis.rules.rule import RuleVerdict
from call_analysis.text.local_text import LocalText

PLACEHOLDERS = ("{count}", "{quotes}")  # of a suggestion: the number of hits, and their words
_MAX_QUOTES = 5  # in a suggestion; the item itself has all hits


class Effect(Enum):
    """What an item does to the score."""

    ADDS = "adds"
    SUBTRACTS = "subtracts"
    FATAL = "fatal"
    TRACKED = "tracked"  # nothing: its hits are listed


@dataclass(frozen=True, slots=True)
class Item:
    """The effect of one rule on the score."""

    rule: str
    effect: Effect
    points: float  # won or lost, never negative; 0 for fatal and tracked items
    dimension: str
    suggestion: LocalText | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Items by dimension, and the scores (0..100) that a call needs."""

    pass_score: float  # from here on a call passes
    coach_score: float  # from here on it needs coaching; below it fails
    weights: Mapping[str, float]  # of the dimensions
    items: tuple[Item, ...]


def score_call(card: Scorecard, verdicts: Mapping[str, RuleVerdict], language: str | None) -> QualityReport:
    """The score of a call; suggestions are in the language with this code."""
    judged = tuple(_judge(item, verdicts[item.rule].whole, language) for item in card.items)
    dimensions = tuple(
        DimensionScore(name, weight, score)
        for name, weight in card.weights.items()
        if (score := _dimension(name, judged)) is not None
    )
    total = sum(dimension.weight for dimension in dimensions)
    score = round(sum(entry.weight * entry.score for entry in dimensions) / total, 1) if total else None
    return QualityReport(_outcome(score, judged, card), score, dimensions, judged)


def _judge(item: Item, verdict: Verdict, language: str | None) -> QualityItem:
    outcome, suggestion = _result(item, verdict), None
    if outcome is QualityOutcome.FAIL and item.suggestion is not None:
        suggestion = _filled(item.suggestion.in_language(language), verdict.hits)
    return QualityItem(
        rule=item.rule,
        outcome=outcome,
        points=-item.points if item.effect is Effect.SUBTRACTS else item.points,
        fatal=item.effect is Effect.FATAL,
        dimension=item.dimension,
        hits=verdict.hits,
        searched=verdict.searched,
        suggestion=suggestion,
        reason=verdict.reason,
    )


def _result(item: Item, verdict: Verdict) -> QualityOutcome:
    if item.effect is Effect.TRACKED:
        return QualityOutcome.INFO
    if verdict.truth is None:
        return QualityOutcome.NOT_APPLICABLE
    is_good = verdict.truth == (item.effect is Effect.ADDS)
    return QualityOutcome.PASS if is_good else QualityOutcome.FAIL


def _filled(text: str, hits: Sequence[Hit]) -> str:
    quotes = list(dict.fromkeys(hit.quote for hit in hits))[:_MAX_QUOTES]
    return text.format(count=len(hits), quotes=", ".join(quotes))


def _dimension(name: str, items: Sequence[QualityItem]) -> float | None:
    """The score of a dimension; None where none of its items could be judged."""
    own = [item for item in items if item.dimension == name]
    passed = [item.points for item in own if item.outcome is QualityOutcome.PASS]
    failed = [item.points for item in own if item.outcome is QualityOutcome.FAIL]
    if not passed and not failed:
        return None
    possible = sum(points for points in passed + failed if points > 0)
    won = sum(points for points in passed if points > 0)
    lost = -sum(points for points in failed if points < 0)
    return round(max(0.0, (100 * won / possible if possible else 100.0) - lost), 1)


def _outcome(score: float | None, items: Sequence[QualityItem], card: Scorecard) -> QualityOutcome:
    if any(item.fatal and item.outcome is QualityOutcome.FAIL for item in items):
        return QualityOutcome.FAIL
    if score is None:
        return QualityOutcome.NOT_APPLICABLE
    if score >= card.pass_score:
        return QualityOutcome.PASS
    return QualityOutcome.COACH if score >= card.coach_score else QualityOutcome.FAIL
