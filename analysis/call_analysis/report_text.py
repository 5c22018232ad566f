"""The text of a report, for people: lines about its intents, its routing and its quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from asr_types.clock_time import clock
from asr_types.transcript import CallMetadata
from call_analysis.findings import Intent, QualityItem, QualityOutcome, QualityReport, Route
from call_analysis.hits import Hit

_MAX_HITS = 5


def heading(metadata: CallMetadata, duration_s: float, language: str | None) -> str:
    """One line: call, duration, language."""
    call = metadata.call_id or metadata.source or "call"
    return f"{call}  {clock(duration_s)}  {language or 'no language'}"


def intent_lines(intents: Sequence[Intent]) -> Iterator[str]:
    """The intents with their confidence, each with its first hits."""
    yield "intent     " + ", ".join(_named(intent) for intent in intents)
    for intent in intents:
        yield from _hits(intent.hits, intent.name)


def routing_lines(route: Route) -> Iterator[str]:
    """Queue, knowledge base and priority; below them the advice."""
    yield f"routing    {route.queue} · {route.knowledge_base} · priority {route.priority}"
    yield f"           {route.advice}"


def quality_lines(quality: QualityReport) -> Iterator[str]:
    """The score, every item with its evidence, and what to improve."""
    score = "" if quality.score is None else f" ({quality.score:g} of 100)"
    yield f"quality    {quality.outcome.replace('_', ' ')}{score}"
    for item in quality.items:
        yield f"  {item.outcome.replace('_', ' '):<14} {item.rule}: {_finding(item)}"
        yield from _hits(item.hits, "")
        if item.outcome is QualityOutcome.FAIL and item.searched is not None:
            yield from _hits((item.searched,), "looked at until here")
    for suggestion in quality.suggestions:
        yield f"  → {suggestion}"


def _named(intent: Intent) -> str:
    return f"{intent.name} {intent.confidence:.2f}" if intent.hits else intent.name


def _finding(item: QualityItem) -> str:
    if item.reason:
        return item.reason
    counts = Counter(hit.phrase for hit in item.hits)
    return ", ".join(f"{phrase} ×{count}" for phrase, count in counts.most_common()) or "nothing found"


def _hits(hits: tuple[Hit, ...], label: str) -> Iterator[str]:
    for hit in hits[:_MAX_HITS]:
        start_s = hit.turn.start_s if hit.moment is None else hit.moment.start_s
        yield f"    {clock(start_s)} {hit.turn.role:<9} “{hit.quote}”  {label}".rstrip()
    if len(hits) > _MAX_HITS:
        yield f"    … and {len(hits) - _MAX_HITS} more"
