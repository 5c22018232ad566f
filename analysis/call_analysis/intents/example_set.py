"""A set of example utterances with their intents, and the classifier that is fitted on it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from call_analysis.findings import UNKNOWN
from call_analysis.intents import intent_cache
from call_analysis.intents.intent_fitting import Example, fit
from call_analysis.intents.intent_model import IntentModel
from call_analysis.intents.intent_rules import IntentRules
from call_analysis.intents.phrase_evidence import whole_text
from call_analysis.text.character_errors import with_character_errors
from call_analysis.text.folded_text import fold

FIT_VERSION = 1  # to be raised when the same examples are to give another classifier
_ERROR_RATES = (0.0, 0.1, 0.1)  # each example is fitted as it is and twice with simulated errors
_FEWEST_EXAMPLES = 10  # in all: calibration needs examples in each of its folds
_log = logging.getLogger(__name__)


class ExampleSet:
    """Folded utterances, each with the intents that it is an example of."""

    def __init__(self) -> None:
        self._intents: dict[str, set[str]] = defaultdict(set)  # by utterance

    def __len__(self) -> int:
        return len(self._intents)

    def add(self, intent: str, lines: str) -> None:
        """Add utterances, one a line."""
        for line in lines.splitlines():
            if folded := fold(line).text:
                self._intents[folded].add(intent)

    def lack(self) -> str | None:
        """Why the examples are too few for a classifier; None where they are enough."""
        if len(self._labels) >= 2 and len(self) >= _FEWEST_EXAMPLES:
            return None
        return f"{len(self)} examples of {len(self._labels)} intents; needed: {_FEWEST_EXAMPLES} of two"

    def fitted(self, rules: IntentRules, phrases: Sequence[str]) -> IntentRules:
        """The rules with a classifier. It is read from the cache if it was fitted before.

        `phrases` describes the phrases, neutral phrases and negations that the classifier depends on besides
        the examples; it is part of the cache key. Without scikit-learn a warning is logged and the rules stay
        without a classifier.
        """
        key = self._key(rules, phrases)
        model = _cached(key)
        if model is None and importlib.util.find_spec("sklearn") is None:
            _log.warning("scikit-learn is not installed (extra 'intents'): phrases alone decide on intents")
            return rules
        if model is None:
            model = fit([name for name in rules.categories if name in self._labels], self._examples(rules))
            intent_cache.keep(key, model)
            _cached.cache_clear()
        return replace(rules, model=model)

    @property
    def _labels(self) -> set[str]:
        return {intent for intents in self._intents.values() for intent in intents}

    def _key(self, rules: IntentRules, phrases: Sequence[str]) -> str:
        utterances = sorted((text, sorted(intents)) for text, intents in self._intents.items())
        described = json.dumps([FIT_VERSION, list(rules.categories), utterances, phrases])
        return hashlib.sha256(described.encode()).hexdigest()

    def _examples(self, rules: IntentRules) -> list[Example]:
        return [
            _example(source, with_character_errors(text, rate, seed), intents, rules)
            for source, (text, intents) in enumerate(sorted(self._intents.items()))
            for seed, rate in enumerate(_ERROR_RATES)
        ]


@lru_cache(maxsize=8)
def _cached(key: str) -> IntentModel | None:
    return intent_cache.load(key)


def _example(source: int, text: str, intents: set[str], rules: IntentRules) -> Example:
    piece = whole_text(fold(text), rules.lexicon)
    return Example(source, piece.text, frozenset(intents - {UNKNOWN}), piece.evidence)
