"""Check and try rules for the call analysis.

check   read a rules file as `asr analyze` does: prints what is wrong with file, line and what is allowed
test    judge a written dialogue: each rule's conditions, whether they hold, and the words that show it
schema  print the JSON schema of rules files, for editors

A dialogue is a text file with lines such as "3.5-6.0 agent: Hello, how may I help you?"; the times are
seconds and may be left out in all lines. The roles are agent, customer and unknown. Before the first of them
may stand "language: English" and "duration: 60". See docs/ANALYSIS.md.

Exit status: 0 done, 1 the rules or the dialogue cannot be used, 2 wrong usage.

examples:
  asr rules check my-rules.yaml
  asr rules test my-rules.yaml --dialogue call.txt
  asr rules test my-rules.yaml --dialogue call.txt --rule banned-words
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from asr_cli.standard_error import print_verbatim
from call_analysis.analysis import prepare
from call_analysis.dialogue_file import read_dialogue
from call_analysis.errors import AnalysisError
from call_analysis.hits import Hit
from call_analysis.rules.condition import Condition, Verdict
from call_analysis.rules.rule import RuleVerdict, judge
from call_analysis.rules_file.rules_file import Rules, load_rules
from call_analysis.rules_file.rules_schema import rules_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr rules`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|test|schema")
    check = actions.add_parser("check", help="say whether a rules file can be used, or what is wrong with it")
    check.add_argument("rules", type=Path, metavar="FILE")
    test = actions.add_parser("test", help="judge a written dialogue, condition by condition")
    test.add_argument("rules", type=Path, metavar="FILE")
    test.add_argument("--dialogue", type=Path, metavar="FILE", required=True)
    test.add_argument("--rule", metavar="NAME", help="this rule only")
    actions.add_parser("schema", help="print the JSON schema of rules files")


def run(args: argparse.Namespace) -> int:
    """Do one of the actions; returns the exit status."""
    if args.action == "schema":
        print(json.dumps(rules_schema(), ensure_ascii=False, indent=2))
        return 0
    try:
        rules = load_rules(args.rules)
        lines = [_summary(args.rules, rules)] if args.action == "check" else list(_test(rules, args))
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return 1
    except LookupError as error:
        print_verbatim("rules test", error.args[0])
        return 2
    print("\n".join(lines))
    return 0


def _summary(path: Path, rules: Rules) -> str:
    return (
        f"{path}: fine: {len(rules.intents.categories)} intents, {len(rules.checks)} rules with "
        f"{sum(len(rule.conditions) for rule in rules.checks.values())} conditions, "
        f"{len(rules.scorecard.items)} scorecard items, {len(rules.routing.rows)} routing rows"
    )


def _test(rules: Rules, args: argparse.Namespace) -> Iterator[str]:
    if args.rule is not None and args.rule not in rules.checks:
        raise LookupError(f"unknown rule {args.rule!r}; allowed: {', '.join(rules.checks)}")
    call = prepare(read_dialogue(args.dialogue), rules)
    for name, rule in rules.checks.items():
        if args.rule in (None, name):
            yield from _lines_of(judge(rule, call))


def _lines_of(verdict: RuleVerdict) -> Iterator[str]:
    yield f"{verdict.rule.name}: {_truth_text(verdict.whole)}"
    for name, condition in verdict.rule.conditions.items():
        found = verdict.conditions[name]
        yield f"  {name} ({_kind(condition)}): {_truth_text(found)}"
        yield from _shown(found.hits)
        if not found.hits and found.searched is not None:
            yield from _shown([found.searched])


def _kind(condition: Condition) -> str:
    return type(condition.check).__module__.rpartition(".")[2]


def _truth_text(verdict: Verdict) -> str:
    if verdict.truth is None:
        return f"not applicable: {verdict.reason}"
    return str(verdict.truth).lower()


def _shown(hits: Iterable[Hit]) -> Iterator[str]:
    for hit in hits:
        moment = (hit.turn.start_s, hit.turn.end_s)
        if hit.moment is not None:
            moment = (hit.moment.start_s, hit.moment.end_s)
        yield f"    {moment[0]:.1f}-{moment[1]:.1f} s  {hit.turn.role}  “{hit.quote}”  [{hit.phrase}]"
