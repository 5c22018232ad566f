"""The section "intents" of a rules file."""

from __future__ import annotations

from collections.abc import Mapping

from asr_types.transcript import ROLES
from call_analysis.phrase_lists import Vocabulary, phrases
from call_analysis.ruleset import IntentCategory, IntentPhrase, IntentRules, check_name
from call_analysis.yaml_node import YamlNode


def read_intents(entry: YamlNode, vocabulary: Vocabulary) -> IntentRules:
    """All intents with one lexicon for the phrases of all."""
    entries = entry.fields(required=("roles", "threshold", "weights", "categories"))
    weights = {name: value.number(0.01, 0.99) for name, value in entries["weights"].mapping().items()}
    categories: dict[str, IntentCategory] = {}
    merged: dict[str, IntentPhrase] = {}
    for name, category in entries["categories"].mapping().items():
        fields = category.fields(required=("phrases",), optional=("background",))
        background = "background" in fields and fields["background"].flag()
        categories[name] = IntentCategory(check_name(category, name), background)
        _merge(merged, name, fields["phrases"], weights)
    return IntentRules(
        roles=entries["roles"].choices(ROLES),
        threshold=entries["threshold"].number(0.01, 0.99),
        categories=categories,
        lexicon=vocabulary.lexicon(merged),
    )


def _merge(
    merged: dict[str, IntentPhrase], intent: str, entry: YamlNode, weights: Mapping[str, float]
) -> None:
    """A phrase may speak for several intents, but for each with one weight."""
    for strength, listed in entry.fields(required=(), optional=tuple(weights)).items():
        for key, item in phrases(listed).items():
            known = merged.get(key, IntentPhrase(item.text(), {}))
            if intent in known.weights:
                raise item.error(f"{item.text()!r} stands in another list of {intent!r} already")
            merged[key] = IntentPhrase(known.text, {**known.weights, intent: weights[strength]})
