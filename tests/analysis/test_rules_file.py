"""Rules files: what is wrong is refused with file, line, what was got and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from call_analysis import CallReport, analyze
from call_analysis.errors import RulesError
from call_analysis.rules_file.rules_file import default_rules_text, load_rules, parse_rules
from tests.analysis.dialogue import call
from tests.analysis.processor_time import units_of

MINIMAL = """\
version: 1
name: minimal
languages: {Chinese: zh}
negation:
  reach: 3
  before: [不要]
neutral: [没问题]
intents:
  roles: [customer]
  threshold: 0.5
  weights: {strong: 0.8}
  categories:
    refund:
      phrases:
        strong: [退款]
rules:
  rude:
    when: said and not excused
    conditions:
      said: {type: words, roles: [agent], phrases: {zh: [闭嘴]}}
      excused: {type: regex, pattern: "抱歉+", position: {after: said}}
scorecard:
  pass_score: 80
  coach_score: 50
  dimensions: {manners: 1}
  items:
    rude:
      dimension: manners
      subtracts: 10
      suggestion: {zh: "{count} 次：{quotes}"}
routing:
  - queue: all
    knowledge_base: kb
    priority: normal
    advice: {zh: 处理}
"""


def test_the_minimal_file_is_read() -> None:
    rules = parse_rules(MINIMAL.encode(), "my.yaml")
    assert list(rules.intents.categories) == ["refund"]


@pytest.mark.parametrize(
    ("old", "new", "line", "error"),
    [
        (
            "threshold",
            "treshold",
            10,
            "unknown key 'treshold'; allowed: roles, threshold, weights, categories",
        ),
        ("version: 1", "version: 2", 1, "version: got 2; allowed: 1"),
        ("minimal", "[a]", 2, "name: got a list; a text is needed"),
        ("minimal", "no", 2, "name: got 'no', which YAML does not read as text; put it in quotes"),
        ("minimal", "' '", 2, "name: is blank; a text is needed"),
        ("  reach: 3\n", "", 4, "negation: the key 'reach' is missing; needed: before, reach"),
        ("reach: 3", "reach: 2.5", 5, "negation.reach: got '2.5'; a whole number is needed"),
        ("[不要]", "[]", 6, "negation.before: is an empty list; leave the key out or give at least one"),
        ("[没问题]", "没问题", 7, "neutral: got '没问题'; a list is needed"),
        ("[customer]", "[client]", 9, "roles[0]: got 'client'; allowed: agent, customer, unknown"),
        ("threshold: 0.5", "threshold: 5", 10, "intents.threshold: got 5; allowed: 0.01 to 0.99"),
        ("threshold: 0.5", "threshold: .nan", 10, "intents.threshold: got '.nan'; a number is needed"),
        ("threshold: 0.5", "threshold: '0.5'", 10, "intents.threshold: got '0.5'; a number is needed"),
        ("strong: [退款]", "weak: [退款]", 15, "phrases.weak: unknown key 'weak'; allowed: strong"),
        ("[退款]", "[退款, 12315]", 15, "strong[1]: got '12315', which YAML does not read as text"),
        ("[退款]", "[退款,\n ＡＢ,\n ab]", 17, "strong[2]: 'ab' is the same phrase as 'ＡＢ' in this list"),
        ("[退款]", "['？？']", 15, "strong[0]: got '？？'; a phrase needs a letter or a digit"),
        ("[退款]", "[退*款]", 15, "'*' is allowed only at the end of a phrase"),
        ("[退款]", "[退款*]", 15, "'*' stands for the ending of a spaced script's word: leave it out"),
        ("    refund:", "    unknown:", 13, "got the name 'unknown'; allowed: small letters and digits"),
        ("    refund:", "    Refund:", 13, "got the name 'Refund'; allowed: small letters and digits"),
        ("{zh: 处理}", "{fr: x}", 35, "advice.fr: unknown key 'fr'; allowed: zh"),
        ("coach_score: 50", "coach_score: 90", 24, "coach_score: got 90; allowed: 0 to 80"),
        (
            "type: words",
            "type: word",
            20,
            "rules.rude.conditions.said.type: got 'word'; allowed: delay, duration",
        ),
        ("type: words, ", "", 20, "rules.rude.conditions.said: the key 'type' is missing; allowed: delay"),
        ("phrases: {zh: [闭嘴]}", "phrases: {zh: []}", 20, "phrases.zh: is an empty list"),
        (", phrases: {zh: [闭嘴]}", "", 20, "the key 'phrases' is missing; needed: type, phrases"),
        (
            "type: words,",
            "type: words, at_most: 3,",
            20,
            "unknown key 'at_most'; allowed: type, phrases, roles",
        ),
        ("type: words,", "type: words, at_least: 2, match: all,", 20, "at_least goes with match: any only"),
        ("抱歉+", "(抱歉", 21, "excused.pattern: not a regular expression: missing ): (抱歉; allowed: RE2"),
        (
            "抱歉+",
            "(抱)歉\\\\1",
            21,
            "invalid escape sequence: \\1; allowed: RE2 syntax, without backreferences",
        ),
        ("抱歉+", "(?=抱)歉", 21, "invalid perl operator: (?=; allowed: RE2 syntax"),
        ("抱歉+", "抱?", 21, "got '抱?', which fits an empty text"),
        ("抱歉+", "(抱{1000}){1000}", 21, "not a regular expression"),
        ("after: said", "after: sad", 21, "position refers to 'sad'; allowed: said"),
        ("after: said", "after: excused", 21, "position refers to 'excused'; allowed: said"),
        ("after: said", "first_turn: 1", 21, "unknown key 'first_turn'; allowed: first_turns, last_turns"),
        ("after: said", "within_turns: 1", 21, "within_turns: goes with 'before' or 'after' only"),
        ("after: said", "first_turns: 0", 21, "first_turns: got 0; allowed: 1 to 1000"),
        ("said and not excused", "said and", 18, "column 9: it ends too early; allowed: a condition's name"),
        ("said and not excused", "said excused", 18, "column 6: got 'excused'; allowed: and, or, or the end"),
        (
            "said and not excused",
            "(said or excused",
            18,
            "column 17: it ends too early; allowed: and, or, or )",
        ),
        (
            "said and not excused",
            "said & excused",
            18,
            "column 6: got '&'; allowed: names, and, or, not, ( and )",
        ),
        ("said and not excused", "said and sorry", 18, "unknown condition 'sorry'; allowed: said, excused"),
        (
            "said and not excused",
            "said",
            21,
            "conditions.excused: is never used: neither in 'when' or 'given'",
        ),
        ("said and not excused", "excused and not excused", 18, "it can never be true"),
        ("said and not excused", "said or not said", 18, "it is always true"),
        (
            "said and not excused",
            "said or (said and excused)",
            18,
            "the condition 'excused' makes no difference to it",
        ),
        (
            "    when: said and not excused\n",
            "",
            17,
            "the key 'when' is missing; conditions to join: said, excused",
        ),
        ("      excused:", "      not:", 21, "got the name 'not'; 'and', 'or' and 'not' join conditions"),
        ("    rude:\n      dim", "    rud:\n      dim", 27, "items.rud: unknown rule 'rud'; allowed: rude"),
        (
            "subtracts: 10",
            "subtracts: 10\n      adds: 10",
            27,
            "got adds and subtracts; allowed: one of adds",
        ),
        ("subtracts: 10", "fatal: false", 29, "leave the key out for an item that is not fatal"),
        ("dimension: manners", "dimension: manner", 28, "got 'manner'; allowed: manners"),
        (
            "{count} 次",
            "{counts}",
            30,
            "unknown placeholder {counts}; allowed: {count}, {quotes}",
        ),
        ("{count} 次", "{count", 30, "suggestion.zh: unknown placeholder {count：; allowed"),
        ("{count} 次", "次}", 30, "suggestion.zh: unknown placeholder }; allowed"),
        ("{count} 次", "{count:>9} 次", 30, "unknown placeholder {count:>9}"),
        ("priority: normal", "priority: top", 34, "got 'top'; allowed: low, normal, high, urgent"),
        ("  - queue", "  - intents: [refunds]\n    queue", 32, "got 'refunds'; allowed: refund, unknown"),
        ("  - queue", "  - languages: [Chinese]\n    queue", 31, "no row without intents for the language"),
        ("{Chinese: zh}", "{unknown: zh}", 3, "'unknown' stands for every language that is not listed"),
        ("name: minimal", "name: a\nname: b", 3, "the key 'name' stands here twice"),
        ("name: minimal", "name: {", 4, "not YAML"),
        ("name: minimal", "name: a\n\tx: y", 3, "not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_is_allowed(
    old: str, new: str, line: int, error: str
) -> None:
    assert MINIMAL.count(old) == 1
    with pytest.raises(RulesError) as caught:
        parse_rules(MINIMAL.replace(old, new).encode(), "my.yaml")
    assert str(caught.value).startswith(f"my.yaml:{line}: ")
    assert error in str(caught.value)


def test_a_phrase_cannot_have_two_weights_for_one_intent() -> None:
    text = MINIMAL.replace("{strong: 0.8}", "{strong: 0.8, weak: 0.4}").replace(
        "strong: [退款]", "strong: [退款]\n        weak: [退款]"
    )
    with pytest.raises(RulesError, match=r"my\.yaml:16: .*'退款' stands in another list of 'refund' already"):
        parse_rules(text.encode(), "my.yaml")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "my.yaml:1: the file is empty"),
        (b"# nothing\n", "my.yaml:1: the file is empty"),
        (b"just text", "my.yaml:1: got 'just text'; a mapping is needed"),
        (b"version: 1\nname: \xff\xfe", "my.yaml:2: not UTF-8 text"),
        (b"version: \x00", "my.yaml"),
        (b"a: &a [*a]\n", "my.yaml:1: a: unknown key 'a'"),
        (b"a: *b\n", "my.yaml:1: not YAML"),
        (b"? [a]\n: b\n", "my.yaml:1: got a list; a text is needed"),
        (b"- " * 100_000, "my.yaml:1: nested more than 20 levels deep"),
        (b"version: " + b"9" * 6000, "my.yaml:1"),
        (b"!!python/object:os.system {}", "my.yaml:1"),
    ],
)
def test_a_file_that_is_no_rules_file_is_refused(content: bytes, error: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(content, "my.yaml")
    assert str(caught.value).startswith(error)


def test_an_absent_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"absent\.yaml: cannot be read: No such file"):
        load_rules(tmp_path / "absent.yaml")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_rules(b"\xef\xbb\xbf" + MINIMAL.encode(), "my.yaml").name == "minimal"


def test_the_default_rules_are_read_once_and_know_where_they_come_from() -> None:
    rules = load_rules()
    assert load_rules() is rules
    assert rules.sha256 == parse_rules(default_rules_text().encode(), "copy.yaml").sha256


def test_positions_that_refer_to_each_other_are_refused() -> None:
    text = MINIMAL.replace("{type: words, roles: [agent],", "{type: words, position: {before: excused},")
    with pytest.raises(RulesError, match=r"my\.yaml:2[01]: .*positions refer to each other: "):
        parse_rules(text.encode(), "my.yaml")


def test_a_regular_expression_that_could_backtrack_without_end_runs_in_linear_time() -> None:
    rules = parse_rules(MINIMAL.replace("抱歉+", "(抱+)+歉").encode(), "my.yaml")
    transcript = call("agent: 闭嘴", "agent: " + "抱" * 20_000)
    reports: list[CallReport] = []
    assert units_of(lambda: reports.append(analyze(transcript, rules))) < 20
    (finding,) = reports[0].findings
    assert finding.outcome == "true"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "      phrases:\n        strong: [退款]\n",
            "      background: false\n",
            "neither 'phrases' nor 'examples'",
        ),
        (
            "      phrases:\n        strong: [退款]\n",
            "      examples: 我要退款\n",
            "1 examples of 1 intents; needed: 10",
        ),
        ("  threshold: 0.5\n", "  threshold: 0.5\n  examples: mine\n", "got 'mine'; allowed: default"),
        ("  threshold: 0.5\n", "  threshold: 0.5\n  examples: []\n", "got a list; a text is needed"),
    ],
)
def test_bad_examples_are_refused(old: str, new: str, error: str) -> None:
    assert MINIMAL.count(old) == 1
    with pytest.raises(RulesError) as caught:
        parse_rules(MINIMAL.replace(old, new).encode(), "my.yaml")
    assert error in str(caught.value)
