"""The section "intents" of a rules file: categories with their phrases and example utterances."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from operator import itemgetter

from call_analysis.file_values.containers import ByKey, ByName
from call_analysis.file_values.kinds import Constant, Flag, Number, Text
from call_analysis.file_values.name_kinds import SPEAKER_ROLES
from call_analysis.file_values.names import Names, check_name
from call_analysis.file_values.phrase_kinds import FoldedPhrases
from call_analysis.file_values.section import Entries, Section
from call_analysis.file_values.vocabulary import folded_phrases
from call_analysis.file_values.yaml_node import YamlNode, parse_yaml
from call_analysis.findings import UNKNOWN
from call_analysis.intents.example_set import ExampleSet
from call_analysis.intents.intent_rules import IntentCategory, IntentPhrase, IntentRules

_DEFAULT_EXAMPLES = "default_examples.yaml"
_SHARE = Number(0.01, 0.99)


def default_examples() -> dict[str, YamlNode]:
    """The examples of the package by intent, one utterance a line."""
    content = resources.files("call_analysis").joinpath(_DEFAULT_EXAMPLES).read_bytes()
    return parse_yaml(content, _DEFAULT_EXAMPLES).mapping()


def _intents(entries: Entries) -> IntentRules:
    weights: Mapping[str, float] = entries.read("weights")
    categories: dict[str, IntentCategory] = {}
    phrases: dict[str, IntentPhrase] = {}
    examples = ExampleSet()
    for name, node in entries.nodes["categories"].mapping().items():
        category = _open_category(node, entries.names)
        categories[name] = IntentCategory(check_name(node, name), category.read("background", False))
        if "phrases" in category:
            _merge(phrases, name, category.nodes["phrases"], weights)
        examples.add(name, category.read("examples", ""))
    examples.add(UNKNOWN, entries.read("unknown", ""))
    if entries.read("examples") is not None:
        for name, node in default_examples().items():
            if name == UNKNOWN or name in categories:
                examples.add(name, node.text())
    lexicon = entries.names.vocabulary.lexicon(phrases)
    rules = IntentRules(entries.read("roles"), entries.read("threshold"), categories, lexicon)
    return _with_model(rules, examples, phrases, entries) if len(examples) else rules


def _open_category(node: YamlNode, names: Names) -> Entries:
    category = _CATEGORY.open(node, names)
    if "phrases" not in category and "examples" not in category:
        raise node.error("neither 'phrases' nor 'examples' are given; needed: one of them, or both")
    return category


def _merge(
    merged: dict[str, IntentPhrase], intent: str, node: YamlNode, weights: Mapping[str, float]
) -> None:
    """A phrase may count for several intents, but for each with one weight."""
    for strength, listed in node.fields(required=(), optional=tuple(weights)).items():
        for key, item in folded_phrases(listed).items():
            known = merged.get(key, IntentPhrase(item.text(), {}))
            if intent in known.weights:
                raise item.error(f"{item.text()!r} stands in another list of {intent!r} already")
            merged[key] = IntentPhrase(known.text, {**known.weights, intent: weights[strength]})


def _with_model(
    rules: IntentRules, examples: ExampleSet, phrases: Mapping[str, IntentPhrase], entries: Entries
) -> IntentRules:
    if lack := examples.lack():
        raise entries.node.error(
            f"{lack}, 'unknown' included; 'examples: default' adds those that come with the package"
        )
    vocabulary = entries.names.vocabulary
    described = (
        repr(vocabulary.negation),
        repr(vocabulary.neutral),
        repr(sorted(phrases.items(), key=itemgetter(0))),
    )
    return examples.fitted(rules, described)


_CATEGORY = Section(
    kinds={
        "phrases": ByKey(FoldedPhrases()),
        "examples": Text("one utterance a line"),
        "background": Flag(),
    }
)
INTENTS = Section(
    kinds={
        "roles": SPEAKER_ROLES,
        "threshold": _SHARE,
        "weights": ByKey(_SHARE),
        "examples": Constant("default"),
        "unknown": Text("utterances that are none of the intents, one a line"),
        "categories": ByName(_CATEGORY),
    },
    required=("roles", "threshold", "weights", "categories"),
    build=_intents,
)
