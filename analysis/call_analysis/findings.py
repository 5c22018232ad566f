"""Findings of an analysis: intents, rules, quality and routing of a call, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from call_analysis.hits import Hit
from call_analysis.turns import CallTurn

UNKNOWN = "unknown"  # the intent where none fits; the language where the rules do not list it


class RuleOutcome(StrEnum):
    """Whether a rule holds in a call."""

    TRUE = "true"
    FALSE = "false"
    NOT_APPLICABLE = "not_applicable"


class QualityOutcome(StrEnum):
    """The outcome of a scorecard or of one of its items."""

    PASS = "pass"
    COACH = "coach"  # of a whole scorecard only: between passed and failed
    FAIL = "fail"
    INFO = "info"  # of an item only: its hits are listed and nothing is judged
    NOT_APPLICABLE = "not_applicable"


class Priority(StrEnum):
    """How soon a routed call is to be handled, from the least to the most urgent."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class LanguageSource(StrEnum):
    """How the language of a routed call is known."""

    TAG = "tag"  # the model's language tag
    TEXT = "text"  # identified from the text, as the transcript has no tag
    NONE = "none"  # neither


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants, with the words that show it. The intent `unknown` has no hits."""

    name: str
    confidence: float  # 0..1; docs/ANALYSIS.md says where it is calibrated; 0 for `unknown`
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class TurnReport:
    """A turn and its intents, the strongest first; no intents for roles that the rules leave out."""

    turn: CallTurn
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """Whether a rule holds, and the evidence."""

    rule: str
    outcome: RuleOutcome
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None  # the last words that were searched, where there are no hits
    reason: str | None = None  # why the rule is not applicable


@dataclass(frozen=True, slots=True)
class QualityItem:
    """The outcome of one item of the scorecard."""

    rule: str
    outcome: QualityOutcome
    points: float  # can be won; negative: are lost where the item fails; 0 for fatal items and info
    fatal: bool
    dimension: str
    hits: tuple[Hit, ...] = ()
    searched: Hit | None = None  # the last words that were searched, where there are no hits
    suggestion: str | None = None  # for a failed item, in the call's language
    reason: str | None = None  # why the item is not applicable


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """The score (0..100) of one dimension of the scorecard, and its weight."""

    name: str
    weight: float
    score: float


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The scorecard of a call."""

    outcome: QualityOutcome
    score: float | None  # 0..100, weighted mean of the dimensions; None where none could be judged
    dimensions: tuple[DimensionScore, ...]
    items: tuple[QualityItem, ...]

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What to improve, in the order of the scorecard."""
        return tuple(item.suggestion for item in self.items if item.suggestion)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call belongs, with the language and the intent that decided it."""

    language: str  # one that the rules list, or `UNKNOWN`
    language_from: LanguageSource
    intent: str
    queue: str
    knowledge_base: str
    priority: Priority
    advice: str


@dataclass(frozen=True, slots=True)
class RulesSource:
    """The rules file that a report was made with."""

    name: str
    sha256: str
