"""Planted events of a call, and whether the analysis found each with its speaker and time."""

from __future__ import annotations

import re

from call_analysis.findings import RuleFinding, RuleOutcome, TurnReport
from call_analysis.hits import Hit
from call_analysis.report import CallReport
from call_analysis.turns import CallTurn
from sample_calls import PlantedEvent, SampleCall

TOLERANCE_S = 1.0
PHONE_NUMBER = "phone-number"  # searched in the turns; all other kinds are rules
ABSENT = "closing"  # planted by omission: the rule must not hold, and must say where it searched
TIMED = ("long-silence", "interruption")


def missed_events(call: SampleCall, report: CallReport) -> tuple[PlantedEvent, ...]:
    """Planted events that are missing from the report."""
    return tuple(event for event in call.events if not _is_found(event, call, report))


def _is_found(event: PlantedEvent, call: SampleCall, report: CallReport) -> bool:
    if event.kind == PHONE_NUMBER:
        return any(_is_where(event, entry.turn, call) for entry in _turns_with_digits(event.quote, report))
    finding = next(finding for finding in report.findings if finding.rule == event.kind)
    if event.kind in TIMED:
        return any(_is_when(event, hit) for hit in finding.hits)
    return any(_is_where(event, hit.turn, call) for hit in _evidence(event, finding))


def _is_when(event: PlantedEvent, hit: Hit) -> bool:
    moment = hit.moment
    return (
        moment is not None
        and hit.turn.channel == event.channel
        and _near(moment.start_s, event.start_s)
        and _near(moment.end_s, event.end_s)
    )


def _is_where(event: PlantedEvent, turn: CallTurn, call: SampleCall) -> bool:
    """Whether a turn has the event's speaker and begins at the time of the line with the event."""
    line_start_s = next(
        line.start_s
        for line in call.lines
        if line.channel == event.channel and line.start_s <= event.start_s <= line.end_s
    )
    return turn.channel == event.channel and _near(turn.start_s, line_start_s)


def _evidence(event: PlantedEvent, finding: RuleFinding) -> tuple[Hit, ...]:
    if event.kind == ABSENT:
        return (finding.searched,) if finding.outcome is RuleOutcome.FALSE and finding.searched else ()
    return tuple(hit for hit in finding.hits if hit.quote.casefold() in event.quote.casefold())


def _turns_with_digits(digits: str, report: CallReport) -> list[TurnReport]:
    return [entry for entry in report.turns if digits in re.sub(r"\D", "", entry.turn.text)]


def _near(time_s: float, other_s: float) -> bool:
    return abs(time_s - other_s) <= TOLERANCE_S
