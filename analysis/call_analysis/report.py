"""The result of an analysis: plain frozen data with a versioned schema.

`CallReport.to_dict` and `report_from_dict` are inverse to each other; `call_report.schema.json` beside this
file is the published JSON schema. Within a major version entries are only added; readers ignore what they
do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asr_types.transcript import CallMetadata
from call_analysis.turns import CallTurn, Hit

SCHEMA_VERSION = "1.0"

# Outcomes of a check and of the whole quality control.
PASS, COACH, FAIL, INFO, NOT_APPLICABLE = "pass", "coach", "fail", "info", "not_applicable"


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent with the phrases that speak for it. `unknown` has confidence 0 and no hits."""

    name: str
    confidence: float  # 0..1, strength of the evidence; not a calibrated probability
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class TurnReport:
    """A turn and its intents, the strongest first; empty for speakers whose intents are not looked for."""

    turn: CallTurn
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """Whether a rule holds: true, false, or not_applicable with the reason.

    Without hits, `searched` are the last words that were looked at.
    """

    rule: str
    outcome: str
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class QualityItem:
    """The outcome of an item of the scorecard: pass, fail, info (nothing is judged) or not_applicable."""

    rule: str
    outcome: str
    points: float  # to be won, or negative: lost where the item fails; 0 for fatal items and info
    fatal: bool
    dimension: str
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None  # the last words looked at, where there is no hit
    suggestion: str | None = None  # in the call's language, for a failed item
    reason: str | None = None  # why the item is not applicable


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """The score of a part of the scorecard, 0..100, and its weight."""

    name: str
    weight: float
    score: float


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The scorecard. The score (0..100) is the weighted mean of the dimensions that could be judged."""

    outcome: str  # pass | coach | fail | not_applicable
    score: float | None
    dimensions: tuple[DimensionScore, ...]
    items: tuple[QualityItem, ...]

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What to improve, in the order of the scorecard."""
        return tuple(item.suggestion for item in self.items if item.suggestion)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the call belongs, and the language and intent that decided it."""

    language: str  # of the rules' table, or "unknown"
    language_from: str  # tag: the model's; text: told from the words, as there is no tag; none
    intent: str
    queue: str
    knowledge_base: str
    priority: str
    advice: str


@dataclass(frozen=True, slots=True)
class RulesSource:
    """Which rules made a report."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """Everything found in one call. `intents` are the call's, the main one first; never empty.

    `findings` has every rule; `quality` those that the scorecard counts.
    """

    metadata: CallMetadata
    duration_s: float
    language: str | None
    rules: RulesSource
    turns: tuple[TurnReport, ...]
    intents: tuple[Intent, ...]
    findings: tuple[RuleFinding, ...]
    quality: QualityReport
    routing: Route
    schema_version: str = SCHEMA_VERSION

    @property
    def main_intent(self) -> Intent:
        """What the call is about."""
        return self.intents[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        from call_analysis.report_document import report_to_dict

        return report_to_dict(self)

    def to_text(self) -> str:
        """A rendering for people."""
        from call_analysis.report_text import render_text

        return render_text(self)
