"""The analysis of a call: a pure function of its transcript and the rules."""

from __future__ import annotations

from asr_types.transcript import Transcript
from call_analysis.call import Call
from call_analysis.findings import RuleFinding, RuleOutcome, RulesSource, TurnReport
from call_analysis.intents.recognition import call_intents, turn_intents
from call_analysis.report import CallReport
from call_analysis.rules.rule import RuleVerdict, judge
from call_analysis.rules.scorecard import score_call
from call_analysis.rules_file.rules_file import Rules, load_rules
from call_analysis.turns import FoldedTurn, call_turns


def analyze(transcript: Transcript, rules: Rules | None = None) -> CallReport:
    """Intents, rules, scorecard and routing of a call, by the default rules unless others are given."""
    rules = rules or load_rules()
    call = prepare(transcript, rules)
    intents = call_intents(call.intents, rules.intents)
    verdicts = {name: judge(rule, call) for name, rule in rules.checks.items()}
    turns = [entry.turn for entry in call.turns]
    return CallReport(
        metadata=transcript.metadata,
        duration_s=transcript.duration_s,
        language=transcript.language,
        rules=RulesSource(rules.name, rules.sha256),
        turns=call.intents,
        intents=intents,
        findings=tuple(map(_finding, verdicts.values())),
        quality=score_call(rules.scorecard, verdicts, rules.language_codes.get(transcript.language or "")),
        routing=rules.routing.route(transcript.language, turns, intents[0].name),
    )


def prepare(transcript: Transcript, rules: Rules) -> Call:
    """The call that rules are judged on: its turns and their intents."""
    turns = tuple(FoldedTurn.of(turn) for turn in call_turns(transcript))
    intents = turn_intents(turns, rules.intents)
    reports = tuple(TurnReport(entry.turn, found) for entry, found in zip(turns, intents, strict=True))
    return Call(transcript, turns, reports, rules.language_codes)


def _finding(verdict: RuleVerdict) -> RuleFinding:
    whole = verdict.whole
    outcome = RuleOutcome.NOT_APPLICABLE
    if whole.truth is not None:
        outcome = RuleOutcome.TRUE if whole.truth else RuleOutcome.FALSE
    return RuleFinding(verdict.rule.name, outcome, whole.hits, whole.searched, whole.reason)
