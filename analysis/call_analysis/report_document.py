"""A report as plain data and back, by way of the document's own shape.

In the document, hits repeat who spoke and when, so that a reader needs no look-up. On the way back they are
made from their turns again, and a quote that does not stand in its turn is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from asr_types.reading import read_dataclass
from asr_types.transcript import CallMetadata
from call_analysis.report import (
    SCHEMA_VERSION,
    CallReport,
    DimensionScore,
    Intent,
    QualityItem,
    QualityReport,
    Route,
    RuleFinding,
    RulesSource,
    TurnReport,
)
from call_analysis.turns import CallTurn, Hit, Moment


@dataclass(frozen=True, slots=True)
class _HitEntry:
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


@dataclass(frozen=True, slots=True)
class _IntentEntry:
    name: str
    confidence: float
    hits: tuple[_HitEntry, ...]


@dataclass(frozen=True, slots=True)
class _FindingEntry:
    rule: str
    outcome: str
    hits: tuple[_HitEntry, ...]
    searched: _HitEntry | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _ItemEntry:
    rule: str
    outcome: str
    points: float
    fatal: bool
    dimension: str
    hits: tuple[_HitEntry, ...]
    searched: _HitEntry | None
    suggestion: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _QualityEntry:
    outcome: str
    score: float | None
    dimensions: tuple[DimensionScore, ...]
    items: tuple[_ItemEntry, ...]


@dataclass(frozen=True, slots=True)
class _TurnEntry:
    index: int
    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    text: str
    intents: tuple[_IntentEntry, ...]


@dataclass(frozen=True, slots=True)
class _ReportEntry:
    schema_version: str
    metadata: CallMetadata
    duration_s: float
    language: str | None
    rules: RulesSource
    intents: tuple[_IntentEntry, ...]
    findings: tuple[_FindingEntry, ...]
    quality: _QualityEntry
    routing: Route
    turns: tuple[_TurnEntry, ...]


def report_to_dict(report: CallReport) -> dict[str, Any]:
    """Plain data, ready for JSON; `schema_version` comes first."""
    quality = report.quality
    entry = _ReportEntry(
        schema_version=report.schema_version,
        metadata=report.metadata,
        duration_s=report.duration_s,
        language=report.language,
        rules=report.rules,
        intents=tuple(map(_intent_entry, report.intents)),
        findings=tuple(_FindingEntry(**_evidence(finding)) for finding in report.findings),
        quality=_QualityEntry(
            quality.outcome,
            quality.score,
            quality.dimensions,
            tuple(_ItemEntry(**_evidence(item)) for item in quality.items),
        ),
        routing=report.routing,
        turns=tuple(map(_turn_entry, report.turns)),
    )
    plain: dict[str, Any] = _without_tuples(asdict(entry))
    return plain


def report_from_dict(data: dict[str, Any]) -> CallReport:
    """Inverse of `to_dict`. Raises ValueError for another major schema version or for what is no report."""
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, str):
        raise ValueError("not a call report: schema_version is missing")
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise ValueError(f"report schema version is {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        return _report(read_dataclass(_ReportEntry, data))
    except ValueError as error:
        raise ValueError(f"not a call report: {error}") from error


def _intent_entry(intent: Intent) -> _IntentEntry:
    return _IntentEntry(intent.name, intent.confidence, tuple(map(_hit_entry, intent.hits)))


def _evidence(found: RuleFinding | QualityItem) -> dict[str, Any]:
    """The fields of a finding or item, its hits as entries."""
    values = {entry.name: getattr(found, entry.name) for entry in fields(found)}
    hits = tuple(map(_hit_entry, found.hits))
    return {**values, "hits": hits, "searched": found.searched and _hit_entry(found.searched)}


def _turn_entry(report: TurnReport) -> _TurnEntry:
    return _TurnEntry(**asdict(report.turn), intents=tuple(map(_intent_entry, report.intents)))


def _hit_entry(hit: Hit) -> _HitEntry:
    return _HitEntry(
        turn=hit.turn.index,
        role=hit.turn.role,
        channel=hit.turn.channel,
        start_s=hit.turn.start_s,
        end_s=hit.turn.end_s,
        start_char=hit.start,
        end_char=hit.end,
        quote=hit.quote,
        phrase=hit.phrase,
        moment=hit.moment,
    )


def _report(entry: _ReportEntry) -> CallReport:
    turns = [
        CallTurn(turn.index, turn.role, turn.channel, turn.start_s, turn.end_s, turn.language, turn.text)
        for turn in entry.turns
    ]
    quality = entry.quality
    items = tuple(QualityItem(**_with_hits(item, turns)) for item in quality.items)
    if not entry.intents:
        raise ValueError("intents is empty; a call has at least one")
    return CallReport(
        metadata=entry.metadata,
        duration_s=entry.duration_s,
        language=entry.language,
        rules=entry.rules,
        turns=tuple(
            TurnReport(turn, _intents(read.intents, turns))
            for turn, read in zip(turns, entry.turns, strict=True)
        ),
        intents=_intents(entry.intents, turns),
        findings=tuple(RuleFinding(**_with_hits(finding, turns)) for finding in entry.findings),
        quality=QualityReport(quality.outcome, quality.score, quality.dimensions, items),
        routing=entry.routing,
        schema_version=entry.schema_version,
    )


def _intents(entries: Sequence[_IntentEntry], turns: Sequence[CallTurn]) -> tuple[Intent, ...]:
    return tuple(Intent(entry.name, entry.confidence, _hits(entry.hits, turns)) for entry in entries)


def _with_hits(entry: _FindingEntry | _ItemEntry, turns: Sequence[CallTurn]) -> dict[str, Any]:
    """The inverse of `_evidence`."""
    values = {field.name: getattr(entry, field.name) for field in fields(entry)}
    searched = entry.searched and _hit(entry.searched, turns)
    return {**values, "hits": _hits(entry.hits, turns), "searched": searched}


def _hits(entries: Sequence[_HitEntry], turns: Sequence[CallTurn]) -> tuple[Hit, ...]:
    return tuple(_hit(entry, turns) for entry in entries)


def _hit(entry: _HitEntry, turns: Sequence[CallTurn]) -> Hit:
    if not 0 <= entry.turn < len(turns):
        raise ValueError(f"a hit is in turn {entry.turn}, but the report has {len(turns)} turns")
    hit = Hit(turns[entry.turn], entry.start_char, entry.end_char, entry.phrase, entry.moment)
    if hit.quote != entry.quote:
        raise ValueError(f"turn {entry.turn} says {hit.quote!r} where the report quotes {entry.quote!r}")
    return hit


def _without_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_tuples(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_without_tuples(entry) for entry in value]
    return value
