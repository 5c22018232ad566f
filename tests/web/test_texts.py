"""Both languages of the page say the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from asr_web.call.spoken_options import SPOKEN
from asr_web.failures import _KINDS
from asr_web.page.texts import texts
from asr_web.settings import LANGUAGES
from call_analysis import load_rules

PACKAGE = Path(__file__).parents[2] / "apps" / "asr_web"
SOURCES = [*PACKAGE.rglob("*.py"), *PACKAGE.glob("templates/*.html")]


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def test_the_languages_have_the_same_keys_and_placeholders() -> None:
    chinese, english = (texts(language).entries for language in ("zh", "en"))
    assert chinese.keys() == english.keys()
    for key, sentence in chinese.items():
        assert sentence.strip(), key
        assert placeholders(sentence) == placeholders(english[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str) -> None:
    lines = (PACKAGE / "page" / f"texts_{language}.yaml").read_text(encoding="utf-8").splitlines()
    keys = [line.partition(":")[0] for line in lines if line and not line.startswith("#")]
    assert len(keys) == len(set(keys)) == len(yaml.safe_load("\n".join(lines)))


def test_every_sentence_that_is_asked_for_exists() -> None:
    entries = texts("en").entries
    for path in SOURCES:
        for key in re.findall(r"""\bt\(["']([\w.]+)["'](?! ~)""", path.read_text(encoding="utf-8")):
            assert key in entries or key.endswith("."), f"{path.name}: {key}"


# Keys of these kinds are made from data: a rule's name, a chart's, the state of a run.
MADE_FROM_DATA = (
    "failure", "rule", "intent", "dimension", "language", "role", "outcome", "priority", "warning",
    "document", "server", "status", "column", "chart", "tab",
)  # fmt: skip


def test_no_sentence_is_left_that_nothing_asks_for() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    words = set(re.findall(r"""["']([\w.-]+)(?=["'{])""", sources))
    for key in texts("en").entries:
        halves = ((key[:at], key[at:]) for at in range(1, len(key)))
        put_together = any(head in words and rest in words for head, rest in halves)
        assert key in words or put_together or key.partition(".")[0] in MADE_FROM_DATA, key


def test_every_kind_of_failure_has_a_sentence_that_ends() -> None:
    for language in LANGUAGES:
        for kind in {name for _, name in _KINDS} | {"internal"}:
            assert texts(language)(f"failure.{kind}")[-1] in ".。"


def test_rules_intents_and_languages_of_the_defaults_have_names() -> None:
    rules = load_rules()
    for language in LANGUAGES:
        entries = texts(language).entries
        assert {f"rule.{item.rule}" for item in rules.scorecard.items} <= entries.keys()
        assert {f"intent.{name}" for name in rules.intents.categories} <= entries.keys()
        assert {f"dimension.{name}" for name in rules.scorecard.weights} <= entries.keys()
        assert {f"language.{name}" for name in SPOKEN.values()} <= entries.keys()


def test_what_has_no_name_here_keeps_its_own() -> None:
    assert texts("zh").name("rule", "my-own-rule") == "my-own-rule"
