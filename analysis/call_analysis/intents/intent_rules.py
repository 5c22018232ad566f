"""Intent rules: the intents that are looked for, their phrases, and the classifier fitted on examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from call_analysis.intents.intent_model import IntentModel
from call_analysis.text.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class IntentCategory:
    """One intent. A background intent (greeting) is a call's main intent only when it is the only one."""

    name: str
    background: bool


@dataclass(frozen=True, slots=True)
class IntentPhrase:
    """A phrase and, by intent, the chance (0..1) that somebody who says it has that intent."""

    text: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class IntentRules:
    """What intents are recognised by, in turns of the given roles."""

    roles: tuple[str, ...]
    threshold: float  # least confidence of a reported intent
    categories: Mapping[str, IntentCategory]
    lexicon: Lexicon[IntentPhrase]
    model: IntentModel | None = None  # None where the rules have no examples: phrases alone decide
