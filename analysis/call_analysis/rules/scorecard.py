"""A scorecard: what rules come to in points.

An item that adds wins its points where its rule holds; one that subtracts costs points, and a fatal one fails
the call, where its rule holds. A dimension's score is the share of points won among those that could be won
(100 where nothing could be), less what is subtracted, from 0 to 100; the call's score is the mean of its
dimensions by their weights. What is not applicable counts nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from call_analysis.intents.intent_rules import LocalText
from call_analysis.report import (
    COACH,
    FAIL,
    INFO,
    NOT_APPLICABLE,
    PASS,
    DimensionScore,
    QualityItem,
    QualityReport,
)
from call_analysis.rules.condition import Verdict
from call_analysis.rules.rule import RuleVerdict
from call_analysis.turns import Hit

_MAX_QUOTES = 5  # in a suggestion; all are in the hits


class Effect(Enum):
    """What an item does."""

    ADDS = "adds"
    SUBTRACTS = "subtracts"
    FATAL = "fatal"
    TRACKED = "tracked"


@dataclass(frozen=True, slots=True)
class Item:
    """What one rule comes to."""

    rule: str
    effect: Effect
    points: float  # won or lost, never negative; 0 for fatal and tracked items
    dimension: str
    suggestion: LocalText | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Scores (0..100) from which a call passes or needs coaching; below both it fails."""

    pass_score: float
    coach_score: float
    weights: Mapping[str, float]  # of the dimensions
    items: tuple[Item, ...]


def score_call(card: Scorecard, verdicts: Mapping[str, RuleVerdict], language: str | None) -> QualityReport:
    """The score of a call; `language` is the code in which suggestions are given."""
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
    if outcome == FAIL and item.suggestion is not None:
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


def _result(item: Item, verdict: Verdict) -> str:
    if item.effect is Effect.TRACKED:
        return INFO
    if verdict.truth is None:
        return NOT_APPLICABLE
    return PASS if verdict.truth == (item.effect is Effect.ADDS) else FAIL


def _filled(text: str, hits: Sequence[Hit]) -> str:
    quotes = list(dict.fromkeys(hit.quote for hit in hits))[:_MAX_QUOTES]
    return text.format(count=len(hits), quotes=", ".join(quotes))


def _dimension(name: str, items: Sequence[QualityItem]) -> float | None:
    judged = [item for item in items if item.dimension == name and item.outcome in (PASS, FAIL)]
    if not judged:
        return None
    possible = sum(item.points for item in judged if item.points > 0)
    won = sum(item.points for item in judged if item.points > 0 and item.outcome == PASS)
    lost = -sum(item.points for item in judged if item.points < 0 and item.outcome == FAIL)
    return round(max(0.0, (100 * won / possible if possible else 100.0) - lost), 1)


def _outcome(score: float | None, items: Sequence[QualityItem], card: Scorecard) -> str:
    if any(item.fatal and item.outcome == FAIL for item in items):
        return FAIL
    if score is None:
        return NOT_APPLICABLE
    if score >= card.pass_score:
        return PASS
    return COACH if score >= card.coach_score else FAIL
