"""The section "scorecard" of a rules file."""

from __future__ import annotations

import re
from collections.abc import Collection

from call_analysis.file_values.vocabulary import Vocabulary
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.intents.intent_rules import LocalText, check_name
from call_analysis.rules.scorecard import Effect, Item, Scorecard

EFFECTS = ("adds", "subtracts", "fatal")
_PLACEHOLDERS = ("{count}", "{quotes}")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


def read_scorecard(entry: YamlNode, rules: Collection[str], vocabulary: Vocabulary) -> Scorecard:
    """Bands, dimensions and items."""
    entries = entry.fields(required=("pass_score", "coach_score", "dimensions", "items"))
    pass_score = entries["pass_score"].number(0, 100)
    weights = {
        check_name(weight, name): weight.number(0.1, 1000)
        for name, weight in entries["dimensions"].mapping().items()
    }
    return Scorecard(
        pass_score=pass_score,
        coach_score=entries["coach_score"].number(0, pass_score),
        weights=weights,
        items=tuple(
            _item(rule, item, rules, weights, vocabulary) for rule, item in entries["items"].mapping().items()
        ),
    )


def _item(
    rule: str, entry: YamlNode, rules: Collection[str], dimensions: Collection[str], vocabulary: Vocabulary
) -> Item:
    if rule not in rules:
        raise entry.error(f"unknown rule {rule!r}; allowed: {', '.join(rules)}")
    entries = entry.fields(required=("dimension",), optional=(*EFFECTS, "suggestion"))
    chosen = [name for name in EFFECTS if name in entries]
    if len(chosen) > 1:
        raise entry.error(f"got {' and '.join(chosen)}; allowed: one of {', '.join(EFFECTS)}, or none")
    effect = Effect(chosen[0]) if chosen else Effect.TRACKED
    points = entries[effect.value].number(0.1, 1000) if effect in (Effect.ADDS, Effect.SUBTRACTS) else 0.0
    if effect is Effect.FATAL and not entries["fatal"].flag():
        raise entries["fatal"].error("got 'false'; leave the key out for an item that is not fatal")
    suggestion = _suggestion(entries["suggestion"], vocabulary) if "suggestion" in entries else None
    return Item(rule, effect, points, entries["dimension"].choice(tuple(dimensions)), suggestion)


def _suggestion(entry: YamlNode, vocabulary: Vocabulary) -> LocalText:
    for text in vocabulary.by_code(entry).values():
        for placeholder in _BRACES.findall(text.text()):
            if placeholder not in _PLACEHOLDERS:
                raise text.error(f"unknown placeholder {placeholder}; allowed: {', '.join(_PLACEHOLDERS)}")
    return vocabulary.local_text(entry)
