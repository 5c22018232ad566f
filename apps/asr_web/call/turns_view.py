"""The turns of a call as the page shows them: words that rules and intents found are marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from call_analysis.report import FAIL, PASS, CallReport, QualityItem
from call_analysis.turns import CallTurn, Hit


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule or an intent found. `tone` is good, bad, note (rules) or intent."""

    kind: str  # rule | intent
    name: str
    tone: str
    hit: Hit

    @property
    def at_s(self) -> float:
        """When: measured, or guessed from where the words stand in their turn."""
        if self.hit.moment is not None:
            return self.hit.moment.start_s
        turn = self.hit.turn
        return turn.start_s + (turn.end_s - turn.start_s) * self.hit.start / len(turn.text)


@dataclass(frozen=True, slots=True)
class Words:
    """A stretch of a turn's text, with the finding that marks it."""

    text: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn: who, when, the words; `moments` are findings in time, such as a silence."""

    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    words: tuple[Words, ...]
    moments: tuple[Finding, ...]


def findings(report: CallReport) -> tuple[Finding, ...]:
    """What the scorecard and the intents found, in order of time."""
    found = [
        Finding("rule", item.rule, _tone(item), hit) for item in report.quality.items for hit in item.hits
    ]
    found += [
        Finding("intent", intent.name, "intent", hit) for intent in report.intents for hit in intent.hits
    ]
    return tuple(sorted(found, key=lambda finding: finding.at_s))


def _tone(item: QualityItem) -> str:
    """What is missing fails an item that adds points; the little that was found is not what is wrong."""
    if item.outcome == FAIL:
        return "bad" if item.fatal or item.points < 0 else "note"
    return "good" if item.outcome == PASS else "note"


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


# Where marks overlap, what matters more is shown.
_RANK = {"bad": 0, "good": 1, "intent": 2, "note": 3}


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
