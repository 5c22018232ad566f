"""A report for people, in plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from call_analysis.report import FAIL, CallReport, Intent, QualityItem
from call_analysis.turns import Hit

_MAX_HITS = 5


def render_text(report: CallReport) -> str:
    """A few lines: what the call is about, where it belongs, how it did, and the words that show it."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: CallReport) -> Iterator[str]:
    call = report.metadata.call_id or report.metadata.source or "call"
    yield f"{call}  {_clock(report.duration_s)}  {report.language or 'no language'}"
    yield ""
    yield "intent     " + ", ".join(_named(intent) for intent in report.intents)
    for intent in report.intents:
        yield from _hits(intent.hits, intent.name)
    route = report.routing
    yield f"routing    {route.queue} · {route.knowledge_base} · priority {route.priority}"
    yield f"           {route.advice}"
    quality = report.quality
    score = "" if quality.score is None else f" ({quality.score:g} of 100)"
    yield f"quality    {quality.outcome.replace('_', ' ')}{score}"
    for item in quality.items:
        yield f"  {item.outcome.replace('_', ' '):<14} {item.rule}: {_finding(item)}"
        yield from _hits(item.hits, "")
        if item.outcome == FAIL and item.searched is not None:
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
        yield f"    {_clock(start_s)} {hit.turn.role:<9} “{hit.quote}”  {label}".rstrip()
    if len(hits) > _MAX_HITS:
        yield f"    … and {len(hits) - _MAX_HITS} more"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
