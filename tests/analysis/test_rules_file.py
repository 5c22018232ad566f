"""Rules files: what is wrong is refused with file, line, what was got and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from call_analysis.errors import RulesError
from call_analysis.rules import default_rules_text, load_rules, parse_rules

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
quality:
  pass_score: 80
  attention_score: 50
  rules:
    rude:
      kind: forbidden
      roles: [agent]
      points: 10
      phrases:
        zh: [闭嘴]
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
        ("{zh: 处理}", "{fr: x}", 31, "advice.fr: unknown key 'fr'; allowed: zh"),
        ("attention_score: 50", "attention_score: 90", 18, "attention_score: got 90; allowed: 0 to 80"),
        ("kind: forbidden", "kind: banned", 21, "got 'banned'; allowed: forbidden, required, tracked"),
        ("kind: forbidden", "kind: required", 20, "rules.rude: the key 'at_least' is missing"),
        ("kind: forbidden", "kind: tracked", 23, "rules.rude.points: unknown key 'points'"),
        ("      kind: forbidden\n", "", 20, "rules.rude: the key 'kind' is missing"),
        (
            "{count} 次",
            "{counts}",
            26,
            "unknown placeholder {counts}; allowed: {count}, {at_least}, {quotes}",
        ),
        ("{count} 次", "{count", 26, "suggestion.zh: unknown placeholder {count：; allowed"),
        ("{count} 次", "次}", 26, "suggestion.zh: unknown placeholder }; allowed"),
        ("{count} 次", "{count:>9} 次", 26, "unknown placeholder {count:>9}"),
        ("priority: normal", "priority: top", 30, "got 'top'; allowed: low, normal, high, urgent"),
        ("  - queue", "  - intents: [refunds]\n    queue", 28, "got 'refunds'; allowed: refund, unknown"),
        ("  - queue", "  - languages: [Chinese]\n    queue", 27, "no row without intents for the language"),
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
