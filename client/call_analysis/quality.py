"""Quality control: checks of what was said, each with its outcome and evidence.

What is there decides in any language; what is missing is held against nobody unless the rule has phrases for
a language that was spoken. A check of speakers who cannot be told apart, or who said nothing, is not
applicable, and says why.
"""

from __future__ import annotations

from collections.abc import Sequence

from asr_types.transcript import ROLE_UNKNOWN, Transcript
from call_analysis.report import (
    ATTENTION,
    FAIL,
    INFO,
    NOT_APPLICABLE,
    PASS,
    QualityItem,
    QualityReport,
)
from call_analysis.ruleset import Forbidden, QualityRule, QualityRules, Required, Rules, Tracked
from call_analysis.turns import FoldedTurn, Hit

_MAX_QUOTES = 5  # in a suggestion; all are in the hits


def check_quality(transcript: Transcript, turns: Sequence[FoldedTurn], rules: Rules) -> QualityReport:
    """All checks of a call and what they come to."""
    items = tuple(_check(rule, transcript, turns, rules) for rule in rules.quality.rules)
    score = _score(items)
    return QualityReport(_outcome(score, items, rules.quality), score, items)


def _check(
    rule: QualityRule, transcript: Transcript, turns: Sequence[FoldedTurn], rules: Rules
) -> QualityItem:
    judged = [entry for entry in turns if entry.turn.role in rule.roles]
    hits = tuple(hit for entry in judged for hit in _hits(rule, entry))
    check = rule.check
    if isinstance(check, Tracked):
        return QualityItem(rule.name, INFO, 0.0, hits)
    present = len(hits) >= (check.at_least if isinstance(check, Required) else 1)
    if not present and (reason := _why_not_applicable(rule, transcript, judged, rules)):
        return QualityItem(rule.name, NOT_APPLICABLE, check.points, hits, reason=reason)
    if present == isinstance(check, Required):
        return QualityItem(rule.name, PASS, check.points, hits)
    language = rules.language_codes.get(transcript.language or "")
    return QualityItem(rule.name, FAIL, check.points, hits, _suggestion(check, hits, language))


def _hits(rule: QualityRule, entry: FoldedTurn) -> list[Hit]:
    return [
        Hit(entry.turn, finding.start, finding.end, finding.meaning)
        for finding in rule.lexicon.find(entry.text)
        if rule.count_negated or not finding.negated
    ]


def _suggestion(check: Forbidden | Required, hits: Sequence[Hit], language: str | None) -> str:
    quotes = list(dict.fromkeys(hit.quote for hit in hits))[:_MAX_QUOTES]
    at_least = check.at_least if isinstance(check, Required) else 0
    text = check.suggestion.in_language(language)
    return text.format(count=len(hits), at_least=at_least, quotes=", ".join(quotes))


def _why_not_applicable(
    rule: QualityRule, transcript: Transcript, judged: Sequence[FoldedTurn], rules: Rules
) -> str | None:
    """The reason why the absence of phrases says nothing, or None where it does."""
    if not judged:
        return _why_nobody(rule, transcript)
    languages = {entry.turn.language or transcript.language for entry in judged}
    if any(rules.language_codes.get(language or "") in rule.languages for language in languages):
        return None
    spoken = ", ".join(sorted(language or "an unknown language" for language in languages))
    return f"spoken: {spoken}; the rule has phrases for: {', '.join(sorted(rule.languages))}"


def _why_nobody(rule: QualityRule, transcript: Transcript) -> str:
    roles = {channel.role for channel in transcript.channels}
    wanted = " or ".join(rule.roles)
    if roles & set(rule.roles):
        return f"no words of the {wanted} in this call"
    if ROLE_UNKNOWN in roles or not roles:
        return f"who is the {wanted} is not known: the recording does not keep the speakers apart"
    return f"the {wanted} is not in this recording; recorded: {', '.join(sorted(roles))}"


def _score(items: Sequence[QualityItem]) -> float | None:
    possible = sum(item.points for item in items if item.outcome in (PASS, FAIL))
    won = sum(item.points for item in items if item.outcome == PASS)
    return round(100 * won / possible, 1) if possible else None


def _outcome(score: float | None, items: Sequence[QualityItem], rules: QualityRules) -> str:
    if score is None:
        return NOT_APPLICABLE
    fatal = {rule.name for rule in rules.rules if isinstance(rule.check, Forbidden) and rule.check.fatal}
    if score < rules.attention_score or any(item.outcome == FAIL and item.rule in fatal for item in items):
        return FAIL
    return PASS if score >= rules.pass_score else ATTENTION
