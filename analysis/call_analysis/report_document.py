"""The document of a report: the shape that `call_report.schema.json` describes.

A hit of the document repeats who spoke and when, so that its reader needs no look-up of the turn. On the way
back hits are made from their turns again, and a quote that its turn does not have is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from asr_types.reading import plain, read_dataclass, same_major
from asr_types.transcript import CallMetadata
from call_analysis.findings import (
    DimensionScore,
    Intent,
    LanguageSource,
    Priority,
    QualityItem,
    QualityOutcome,
    QualityReport,
    Route,
    RuleFinding,
    RuleOutcome,
    RulesSource,
    TurnReport,
)
from call_analysis.hits import Hit, Moment
from call_analysis.turns import CallTurn

SCHEMA_VERSION = "1.0"
_Closed = TypeVar("_Closed", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class HitEntry:
    """A hit, with who spoke and when."""

    turn: int
    role: str
    channel: int
    start_s: float
    end_s: float
    start_char: int
    end_char: int
    quote: str
    phrase: str
    moment: Moment | None

    @classmethod
    def of(cls, hit: Hit) -> HitEntry:
        turn = hit.turn
        who_and_when = (turn.index, turn.role, turn.channel, turn.start_s, turn.end_s)
        return cls(*who_and_when, hit.start, hit.end, hit.quote, hit.phrase, hit.moment)

    def hit(self, turns: Sequence[CallTurn]) -> Hit:
        """Raises ValueError where the turns do not have these words."""
        if not 0 <= self.turn < len(turns):
            raise ValueError(f"a hit is in turn {self.turn}, but the report has {len(turns)} turns")
        hit = Hit(turns[self.turn], self.start_char, self.end_char, self.phrase, self.moment)
        if hit.quote != self.quote:
            raise ValueError(f"turn {self.turn} says {hit.quote!r} where the report quotes {self.quote!r}")
        return hit


@dataclass(frozen=True, slots=True)
class IntentEntry:
    """An intent of a turn or of the call."""

    name: str
    confidence: float
    hits: tuple[HitEntry, ...]

    @classmethod
    def of(cls, intent: Intent) -> IntentEntry:
        return cls(intent.name, intent.confidence, tuple(map(HitEntry.of, intent.hits)))

    def intent(self, turns: Sequence[CallTurn]) -> Intent:
        return Intent(self.name, self.confidence, _hits(self.hits, turns))


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A rule's outcome."""

    rule: str
    outcome: str
    hits: tuple[HitEntry, ...]
    searched: HitEntry | None
    reason: str | None

    @classmethod
    def of(cls, finding: RuleFinding) -> FindingEntry:
        return cls(**_with_entries(finding))

    def finding(self, turns: Sequence[CallTurn]) -> RuleFinding:
        return RuleFinding(**_with_hits(self, turns), outcome=_member(RuleOutcome, self.outcome))


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """An item of the scorecard."""

    rule: str
    outcome: str
    points: float
    fatal: bool
    dimension: str
    hits: tuple[HitEntry, ...]
    searched: HitEntry | None
    suggestion: str | None
    reason: str | None

    def item(self, turns: Sequence[CallTurn]) -> QualityItem:
        return QualityItem(**_with_hits(self, turns), outcome=_member(QualityOutcome, self.outcome))


@dataclass(frozen=True, slots=True)
class QualityEntry:
    """The scorecard."""

    outcome: str
    score: float | None
    dimensions: tuple[DimensionScore, ...]
    items: tuple[ItemEntry, ...]

    @classmethod
    def of(cls, quality: QualityReport) -> QualityEntry:
        items = tuple(ItemEntry(**_with_entries(item)) for item in quality.items)
        return cls(quality.outcome, quality.score, quality.dimensions, items)

    def quality(self, turns: Sequence[CallTurn]) -> QualityReport:
        items = tuple(item.item(turns) for item in self.items)
        return QualityReport(_member(QualityOutcome, self.outcome), self.score, self.dimensions, items)


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """Where the call belongs."""

    language: str
    language_from: str
    intent: str
    queue: str
    knowledge_base: str
    priority: str
    advice: str

    @classmethod
    def of(cls, route: Route) -> RouteEntry:
        return cls(**asdict(route))

    def route(self) -> Route:
        values = asdict(self)
        values |= {
            "language_from": _member(LanguageSource, self.language_from, "language_from"),
            "priority": _member(Priority, self.priority, "priority"),
        }
        return Route(**values)


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """A turn and its intents."""

    index: int
    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    text: str
    intents: tuple[IntentEntry, ...]

    @classmethod
    def of(cls, report: TurnReport) -> TurnEntry:
        return cls(**asdict(report.turn), intents=tuple(map(IntentEntry.of, report.intents)))

    def turn(self) -> CallTurn:
        return CallTurn(
            self.index, self.role, self.channel, self.start_s, self.end_s, self.language, self.text
        )


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A whole report as the schema describes it."""

    schema_version: str
    metadata: CallMetadata
    duration_s: float
    language: str | None
    rules: RulesSource
    intents: tuple[IntentEntry, ...]
    findings: tuple[FindingEntry, ...]
    quality: QualityEntry
    routing: RouteEntry
    turns: tuple[TurnEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; `schema_version` comes first."""
        data: dict[str, Any] = plain(asdict(self))
        return data


def read_document(data: dict[str, Any]) -> ReportDocument:
    """Inverse of `ReportDocument.to_dict`.

    Raises ValueError for another major schema version and for data that has another shape.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, str):
        raise ValueError("not a call report: schema_version is missing")
    if not same_major(version, SCHEMA_VERSION):
        raise ValueError(f"report schema version is {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        document = read_dataclass(ReportDocument, data)
    except ValueError as error:
        raise ValueError(f"not a call report: {error}") from error
    if not document.intents:
        raise ValueError("not a call report: intents is empty; a call has at least one")
    return document


def _with_entries(found: RuleFinding | QualityItem) -> dict[str, Any]:
    """The fields of a finding or item, its hits as entries."""
    values = {entry.name: getattr(found, entry.name) for entry in fields(found)}
    hits = tuple(map(HitEntry.of, found.hits))
    return {**values, "hits": hits, "searched": found.searched and HitEntry.of(found.searched)}


def _with_hits(entry: FindingEntry | ItemEntry, turns: Sequence[CallTurn]) -> dict[str, Any]:
    """The fields of an entry apart from its outcome, its hits read back."""
    values = {field.name: getattr(entry, field.name) for field in fields(entry) if field.name != "outcome"}
    searched = entry.searched and entry.searched.hit(turns)
    return {**values, "hits": _hits(entry.hits, turns), "searched": searched}


def _hits(entries: Sequence[HitEntry], turns: Sequence[CallTurn]) -> tuple[Hit, ...]:
    return tuple(entry.hit(turns) for entry in entries)


def _member(kind: type[_Closed], value: str, key: str = "outcome") -> _Closed:
    if value not in list(kind):
        raise ValueError(f"{key} is {value!r}; expected one of {', '.join(kind)}")
    return kind(value)
