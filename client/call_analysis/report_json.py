"""A report as plain data and back.

Hits repeat who spoke and when, so that a reader needs no look-up; on the way back they are made from their
turns again, and a quote that does not stand in its turn is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from asr_types.transcript import CallMetadata
from call_analysis.report import (
    SCHEMA_VERSION,
    CallReport,
    Intent,
    QualityItem,
    QualityReport,
    Route,
    RulesSource,
    TurnReport,
)
from call_analysis.turns import CallTurn, Hit


def report_to_dict(report: CallReport) -> dict[str, Any]:
    """Plain data, ready for JSON; `schema_version` comes first."""
    return {
        "schema_version": report.schema_version,
        "metadata": asdict(report.metadata),
        "duration_s": report.duration_s,
        "language": report.language,
        "rules": asdict(report.rules),
        "intents": [_intent(intent) for intent in report.intents],
        "quality": {
            "outcome": report.quality.outcome,
            "score": report.quality.score,
            "items": [_item(item) for item in report.quality.items],
        },
        "routing": asdict(report.routing),
        "turns": [
            {**asdict(entry.turn), "intents": [_intent(intent) for intent in entry.intents]}
            for entry in report.turns
        ],
    }


def report_from_dict(data: dict[str, Any]) -> CallReport:
    """Inverse of `to_dict`. Raises ValueError for another major schema version or for what is no report."""
    version = str(data.get("schema_version", ""))
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise ValueError(f"report schema version is {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        return _read_report(data, version)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"not a call report: {error!r}") from error


def _intent(intent: Intent) -> dict[str, Any]:
    return {
        "name": intent.name,
        "confidence": intent.confidence,
        "hits": [_hit(hit) for hit in intent.hits],
    }


def _item(item: QualityItem) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "outcome": item.outcome,
        "points": item.points,
        "suggestion": item.suggestion,
        "reason": item.reason,
        "hits": [_hit(hit) for hit in item.hits],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "turn": hit.turn.index,
        "role": hit.turn.role,
        "channel": hit.turn.channel,
        "start_s": hit.turn.start_s,
        "end_s": hit.turn.end_s,
        "start_char": hit.start,
        "end_char": hit.end,
        "quote": hit.quote,
        "phrase": hit.phrase,
    }


def _read_report(data: dict[str, Any], version: str) -> CallReport:
    turns = [CallTurn(**_known(CallTurn, entry)) for entry in data["turns"]]
    quality = data["quality"]
    return CallReport(
        metadata=CallMetadata(**_known(CallMetadata, data["metadata"])),
        duration_s=data["duration_s"],
        language=data["language"],
        rules=RulesSource(**_known(RulesSource, data["rules"])),
        turns=tuple(
            TurnReport(turn, _read_intents(entry["intents"], turns))
            for turn, entry in zip(turns, data["turns"], strict=True)
        ),
        intents=_read_intents(data["intents"], turns),
        quality=QualityReport(
            outcome=quality["outcome"],
            score=quality["score"],
            items=tuple(
                QualityItem(**{**_known(QualityItem, item), "hits": _read_hits(item["hits"], turns)})
                for item in quality["items"]
            ),
        ),
        routing=Route(**_known(Route, data["routing"])),
        schema_version=version,
    )


def _read_intents(entries: list[dict[str, Any]], turns: Sequence[CallTurn]) -> tuple[Intent, ...]:
    return tuple(
        Intent(entry["name"], entry["confidence"], _read_hits(entry["hits"], turns)) for entry in entries
    )


def _read_hits(entries: list[dict[str, Any]], turns: Sequence[CallTurn]) -> tuple[Hit, ...]:
    hits = []
    for entry in entries:
        hit = Hit(turns[entry["turn"]], entry["start_char"], entry["end_char"], entry["phrase"])
        if hit.quote != entry["quote"]:
            raise ValueError(f"turn {entry['turn']} says {hit.quote!r} where the report quotes {entry['quote']!r}")
        hits.append(hit)
    return tuple(hits)


def _known(kind: type, entry: dict[str, Any]) -> dict[str, Any]:
    """Later versions of the schema may have more entries."""
    return {name: entry[name] for name in kind.__dataclass_fields__ if name in entry}
