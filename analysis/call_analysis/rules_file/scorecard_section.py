"""The section "scorecard" of a rules file: bands, dimensions and items."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from call_analysis.file_values.containers import ByName
from call_analysis.file_values.kinds import Number, Text
from call_analysis.file_values.names import Names
from call_analysis.file_values.phrase_kinds import LocalTexts
from call_analysis.file_values.section import Entries, Section
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.rules.scorecard import PLACEHOLDERS, Effect, Item, Scorecard
from call_analysis.text.local_text import LocalText

_EFFECTS = tuple(effect.value for effect in Effect if effect is not Effect.TRACKED)
_SCORE = Number(0, 100)
_POINTS = Number(0.1, 1000)
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


@dataclass(frozen=True, slots=True)
class _Fatal:
    """true: an item that is not fatal leaves the key out."""

    def read(self, node: YamlNode, _: Names) -> bool:
        if not node.flag():
            raise node.error("got 'false'; leave the key out for an item that is not fatal")
        return True

    def schema(self) -> dict[str, Any]:
        return {"const": True}


@dataclass(frozen=True, slots=True)
class _Suggestion:
    """A text for each language code, with placeholders for the evidence."""

    def read(self, node: YamlNode, names: Names) -> LocalText:
        for text in names.vocabulary.by_code(node).values():
            for placeholder in _BRACES.findall(text.text()):
                if placeholder not in PLACEHOLDERS:
                    raise text.error(f"unknown placeholder {placeholder}; allowed: {', '.join(PLACEHOLDERS)}")
        return LocalTexts().read(node, names)

    def schema(self) -> dict[str, Any]:
        return LocalTexts().schema()


def _scorecard(entries: Entries) -> Scorecard:
    pass_score = entries.read("pass_score")
    weights = entries.read("dimensions")
    coach_score = Number(_SCORE.low, pass_score).read(entries.nodes["coach_score"], entries.names)
    items = entries.nodes["items"].mapping()
    return Scorecard(
        pass_score=pass_score,
        coach_score=coach_score,
        weights=weights,
        items=tuple(_item(rule, node, entries.names, weights) for rule, node in items.items()),
    )


def _item(rule: str, node: YamlNode, names: Names, dimensions: Collection[str]) -> Item:
    if rule not in names.rules:
        raise node.error(f"unknown rule {rule!r}; allowed: {', '.join(names.rules)}")
    entries = _ITEM.open(node, names)
    chosen = [name for name in _EFFECTS if name in entries]
    if len(chosen) > 1:
        raise node.error(f"got {' and '.join(chosen)}; allowed: one of {', '.join(_EFFECTS)}, or none")
    effect = Effect(chosen[0]) if chosen else Effect.TRACKED
    value = entries.read(effect.value) if chosen else None
    return Item(
        rule=rule,
        effect=effect,
        points=0.0 if value is None or effect is Effect.FATAL else value,
        suggestion=entries.read("suggestion"),
        dimension=entries.nodes["dimension"].choice(tuple(dimensions)),
    )


_ITEM = Section(
    kinds={
        "dimension": Text(),
        Effect.ADDS.value: _POINTS,
        Effect.SUBTRACTS.value: _POINTS,
        Effect.FATAL.value: _Fatal(),
        "suggestion": _Suggestion(),
    },
    required=("dimension",),
)
SCORECARD = Section(
    kinds={
        "pass_score": _SCORE,
        "coach_score": _SCORE,
        "dimensions": ByName(_POINTS),
        "items": ByName(_ITEM),
    },
    required=("pass_score", "coach_score", "dimensions", "items"),
    build=_scorecard,
)
