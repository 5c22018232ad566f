"""The section "quality" of a rules file."""

from __future__ import annotations

import re

from asr_types.transcript import ROLES
from call_analysis.intent_section import check_name
from call_analysis.phrase_lists import Vocabulary, phrases
from call_analysis.ruleset import Forbidden, LocalText, QualityRule, QualityRules, Required, Tracked
from call_analysis.yaml_node import YamlNode

_COMMON = ("kind", "roles", "phrases")
_KEYS = {  # kind: its own needed keys, its own optional keys
    "forbidden": (("points", "suggestion"), ("fatal", "count_negated")),
    "required": (("points", "suggestion", "at_least"), ("count_negated",)),
    "tracked": ((), ("count_negated",)),
}
_PLACEHOLDERS = ("{count}", "{at_least}", "{quotes}")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


def read_quality(entry: YamlNode, vocabulary: Vocabulary) -> QualityRules:
    """All checks and the scores that divide pass, attention and fail."""
    entries = entry.fields(required=("pass_score", "attention_score", "rules"))
    pass_score = entries["pass_score"].number(0, 100)
    return QualityRules(
        pass_score=pass_score,
        attention_score=entries["attention_score"].number(0, pass_score),
        rules=tuple(
            _rule(check_name(rule, name), rule, vocabulary)
            for name, rule in entries["rules"].mapping().items()
        ),
    )


def _rule(name: str, entry: YamlNode, vocabulary: Vocabulary) -> QualityRule:
    kinds = entry.mapping()
    kind = kinds["kind"].choice(tuple(_KEYS)) if "kind" in kinds else ""
    needed, optional = _KEYS.get(kind, ((), ("points", "suggestion", "at_least", "fatal", "count_negated")))
    entries = entry.fields(required=(*_COMMON, *needed), optional=optional)
    by_code = vocabulary.by_code(entries["phrases"])
    meanings = {key: item.text() for listed in by_code.values() for key, item in phrases(listed).items()}
    return QualityRule(
        name=name,
        roles=entries["roles"].choices(ROLES),
        check=_check(kind, entries, vocabulary),
        count_negated="count_negated" not in entries or entries["count_negated"].flag(),
        languages=frozenset(by_code),
        lexicon=vocabulary.lexicon(meanings),
    )


def _check(kind: str, entries: dict[str, YamlNode], vocabulary: Vocabulary) -> Forbidden | Required | Tracked:
    if kind == "tracked":
        return Tracked()
    points = entries["points"].number(0.1, 1000)
    suggestion = _suggestion(entries["suggestion"], vocabulary)
    if kind == "forbidden":
        return Forbidden(points, "fatal" in entries and entries["fatal"].flag(), suggestion)
    return Required(points, entries["at_least"].integer(1, 1000), suggestion)


def _suggestion(entry: YamlNode, vocabulary: Vocabulary) -> LocalText:
    for text in vocabulary.by_code(entry).values():
        for placeholder in _BRACES.findall(text.text()):
            if placeholder not in _PLACEHOLDERS:
                raise text.error(f"unknown placeholder {placeholder}; allowed: {', '.join(_PLACEHOLDERS)}")
    return vocabulary.local_text(entry)
