"""The section "intents" of a rules file."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from operator import itemgetter

from asr_types.transcript import ROLES
from call_analysis.file_values.vocabulary import Vocabulary, phrases
from call_analysis.file_values.yaml_node import YamlNode, parse_yaml
from call_analysis.intents import intent_cache
from call_analysis.intents.intent_fitting import Example, fit
from call_analysis.intents.intent_model import IntentModel
from call_analysis.intents.intent_rules import UNKNOWN, IntentCategory, IntentPhrase, IntentRules, check_name
from call_analysis.intents.phrase_evidence import whole_text
from call_analysis.text.character_errors import with_character_errors
from call_analysis.text.folded_text import fold

FIT_VERSION = 1  # raise it when the same examples should give another classifier
_DEFAULT_EXAMPLES = "default_examples.yaml"
_ERROR_RATES = (0.0, 0.1, 0.1)
_FEWEST_EXAMPLES = 10  # in all: one for each fold of the calibration is the least that can be fitted
_log = logging.getLogger(__name__)


def read_intents(entry: YamlNode, vocabulary: Vocabulary) -> IntentRules:
    """All intents with one lexicon for the phrases of all, and the classifier where there are examples."""
    entries = entry.fields(
        required=("roles", "threshold", "weights", "categories"), optional=("examples", "unknown")
    )
    weights = {name: value.number(0.01, 0.99) for name, value in entries["weights"].mapping().items()}
    categories: dict[str, IntentCategory] = {}
    merged: dict[str, IntentPhrase] = {}
    examples: dict[str, set[str]] = defaultdict(set)  # intents by utterance
    for name, category in entries["categories"].mapping().items():
        fields = category.fields(required=(), optional=("phrases", "examples", "background"))
        if not {"phrases", "examples"} & fields.keys():
            raise category.error("neither 'phrases' nor 'examples' are given; needed: one of them, or both")
        background = "background" in fields and fields["background"].flag()
        categories[name] = IntentCategory(check_name(category, name), background)
        if "phrases" in fields:
            _merge(merged, name, fields["phrases"], weights)
        if "examples" in fields:
            _collect(examples, name, fields["examples"])
    if "unknown" in entries:
        _collect(examples, UNKNOWN, entries["unknown"])
    if "examples" in entries:
        entries["examples"].choice(("default",))
        _collect_default(examples, categories)
    rules = IntentRules(
        roles=entries["roles"].choices(ROLES),
        threshold=entries["threshold"].number(0.01, 0.99),
        categories=categories,
        lexicon=vocabulary.lexicon(merged),
    )
    if not examples:
        return rules
    return _with_model(
        rules,
        examples,
        (
            repr(vocabulary.negation),
            repr(vocabulary.neutral),
            repr(sorted(merged.items(), key=itemgetter(0))),
        ),
        entry,
    )


def default_examples() -> dict[str, YamlNode]:
    """The examples that come with the package, by intent."""
    content = resources.files("call_analysis").joinpath(_DEFAULT_EXAMPLES).read_bytes()
    return parse_yaml(content, _DEFAULT_EXAMPLES).mapping()


def _collect_default(examples: dict[str, set[str]], categories: Mapping[str, IntentCategory]) -> None:
    for name, entry in default_examples().items():
        if name == UNKNOWN or name in categories:
            _collect(examples, name, entry)


def _collect(examples: dict[str, set[str]], intent: str, entry: YamlNode) -> None:
    for line in entry.text().splitlines():
        if folded := fold(line).text:
            examples[folded].add(intent)


def _with_model(
    rules: IntentRules, examples: Mapping[str, set[str]], phrases: Sequence[str], entry: YamlNode
) -> IntentRules:
    labels = {intent for intents in examples.values() for intent in intents}
    if len(labels) < 2 or len(examples) < _FEWEST_EXAMPLES:
        raise entry.error(
            f"{len(examples)} examples of {len(labels)} intents; needed: {_FEWEST_EXAMPLES} of two, "
            "'unknown' included; 'examples: default' adds those that come with the package"
        )
    described = json.dumps(
        [
            FIT_VERSION,
            list(rules.categories),
            sorted((text, sorted(of)) for text, of in examples.items()),
            phrases,
        ]
    )
    key = hashlib.sha256(described.encode()).hexdigest()
    model = _remembered(key)
    if model is None and importlib.util.find_spec("sklearn") is None:
        _log.warning("scikit-learn is not installed (extra 'intents'): phrases alone decide on intents")
        return rules
    if model is None:
        model = fit([name for name in rules.categories if name in labels], _with_errors(examples, rules))
        intent_cache.keep(key, model)
        _remembered.cache_clear()
    return IntentRules(rules.roles, rules.threshold, rules.categories, rules.lexicon, model)


@lru_cache(maxsize=8)
def _remembered(key: str) -> IntentModel | None:
    return intent_cache.load(key)


def _with_errors(examples: Mapping[str, set[str]], rules: IntentRules) -> list[Example]:
    """Each example as it is and with simulated recognition errors."""
    return [
        _example(source, with_character_errors(text, rate, seed), intents, rules)
        for source, (text, intents) in enumerate(sorted(examples.items()))
        for seed, rate in enumerate(_ERROR_RATES)
    ]


def _example(source: int, text: str, intents: set[str], rules: IntentRules) -> Example:
    piece = whole_text(fold(text), rules.lexicon)
    return Example(source, piece.text, frozenset(intents - {UNKNOWN}), piece.evidence)


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
