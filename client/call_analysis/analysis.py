"""The analysis of a call: a pure function of its transcript and the rules."""

from __future__ import annotations

from asr_types.transcript import Transcript
from call_analysis.intents import call_intents, turn_intents
from call_analysis.quality import check_quality
from call_analysis.report import CallReport, RulesSource, TurnReport
from call_analysis.routing import route
from call_analysis.rules import load_rules
from call_analysis.ruleset import Rules
from call_analysis.turns import FoldedTurn, call_turns


def analyze(transcript: Transcript, rules: Rules | None = None) -> CallReport:
    """Intents, quality and routing of a call, by the default rules unless others are given."""
    rules = rules or load_rules()
    turns = [FoldedTurn.of(turn) for turn in call_turns(transcript)]
    reports = tuple(TurnReport(entry.turn, turn_intents(entry, rules.intents)) for entry in turns)
    intents = call_intents(reports, rules.intents)
    return CallReport(
        metadata=transcript.metadata,
        duration_s=transcript.duration_s,
        language=transcript.language,
        rules=RulesSource(rules.name, rules.sha256),
        turns=reports,
        intents=intents,
        quality=check_quality(transcript, turns, rules),
        routing=route(transcript.language, intents[0].name, rules),
    )
