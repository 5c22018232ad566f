"""Turns of a call for the page, with the words marked that rules and intents found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from call_analysis.findings import QualityItem, QualityOutcome
from call_analysis.hits import Hit
from call_analysis.report import CallReport
from call_analysis.turns import CallTurn


class FindingKind(StrEnum):
    """What made a finding."""

    RULE = "rule"
    INTENT = "intent"


class Tone(StrEnum):
    """How a finding is coloured; in the order of the legend."""

    GOOD = "good"
    BAD = "bad"
    INTENT = "intent"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence of a rule or an intent."""

    kind: FindingKind
    name: str
    tone: Tone
    hit: Hit

    @property
    def at_s(self) -> float:
        """Time of the finding: measured, or interpolated from the position of the words in their turn."""
        if self.hit.moment is not None:
            return self.hit.moment.start_s
        turn = self.hit.turn
        return turn.start_s + (turn.end_s - turn.start_s) * self.hit.start / len(turn.text)


@dataclass(frozen=True, slots=True)
class Words:
    """Part of a turn's text, with the finding that marks it."""

    text: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn. `moments` are findings that are times and not words, such as a silence."""

    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    words: tuple[Words, ...]
    moments: tuple[Finding, ...]


def findings(report: CallReport) -> tuple[Finding, ...]:
    """Findings of the scorecard and the intents, in order of time."""
    found = [
        Finding(FindingKind.RULE, item.rule, _tone(item), hit)
        for item in report.quality.items
        for hit in item.hits
    ]
    found += [
        Finding(FindingKind.INTENT, intent.name, Tone.INTENT, hit)
        for intent in report.intents
        for hit in intent.hits
    ]
    return tuple(sorted(found, key=lambda finding: finding.at_s))


def _tone(item: QualityItem) -> Tone:
    """Tone of an item's evidence.

    An item that adds points fails because something is missing: the evidence that it has is not bad.
    """
    if item.outcome is QualityOutcome.FAIL:
        return Tone.BAD if item.fatal or item.points < 0 else Tone.NOTE
    return Tone.GOOD if item.outcome is QualityOutcome.PASS else Tone.NOTE


def turn_views(report: CallReport) -> tuple[TurnView, ...]:
    """All turns in order of time."""
    by_turn: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings(report):
        by_turn[finding.hit.turn.index].append(finding)
    return tuple(_view(entry.turn, by_turn[entry.turn.index]) for entry in report.turns)


def _view(turn: CallTurn, found: list[Finding]) -> TurnView:
    said = [finding for finding in found if finding.hit.moment is None]
    return TurnView(
        turn.role,
        turn.channel,
        turn.start_s,
        turn.end_s,
        turn.language,
        tuple(_words(turn.text, said)),
        tuple(finding for finding in found if finding.hit.moment is not None),
    )


# Of marks that overlap, the one with the lowest rank is shown.
_RANK = {Tone.BAD: 0, Tone.GOOD: 1, Tone.INTENT: 2, Tone.NOTE: 3}


def _words(text: str, said: list[Finding]) -> Iterator[Words]:
    shown: list[Finding] = []
    for finding in sorted(said, key=lambda one: (_RANK[one.tone], one.hit.start - one.hit.end)):
        if all(finding.hit.end <= other.hit.start or other.hit.end <= finding.hit.start for other in shown):
            shown.append(finding)
    at = 0
    for finding in sorted(shown, key=lambda one: one.hit.start):
        if at < finding.hit.start:
            yield Words(text[at : finding.hit.start])
        yield Words(text[finding.hit.start : finding.hit.end], finding)
        at = finding.hit.end
    if at < len(text):
        yield Words(text[at:])
