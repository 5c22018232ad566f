"""Parts of what the analysis decides by: texts, intents, routing. The values come from a YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.intents.intent_model import IntentModel
from call_analysis.text.lexicon import Lexicon

UNKNOWN = "unknown"  # the intent when nothing fits; the language when it is not in the table

NAME_PATTERN = "[a-z][a-z0-9]*(-[a-z0-9]+)*"

PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in several languages, by language code; the first is the fallback."""

    by_language: Mapping[str, str]

    def in_language(self, code: str | None) -> str:
        """The text for a language code, or the fallback."""
        return self.by_language.get(code or "") or next(iter(self.by_language.values()))


@dataclass(frozen=True, slots=True)
class IntentCategory:
    """One intent. A background intent (greeting) is a call's main intent only when it is the only one."""

    name: str
    background: bool


@dataclass(frozen=True, slots=True)
class IntentPhrase:
    """A phrase and, for each intent it speaks for, the chance (0..1) that a turn with it has that intent."""

    text: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class IntentRules:
    """Intents in order of precedence, looked for in what the given roles say."""

    roles: tuple[str, ...]
    threshold: float  # least confidence of a reported intent
    categories: Mapping[str, IntentCategory]
    lexicon: Lexicon[IntentPhrase]
    model: IntentModel | None = None  # None where the rules have no examples: phrases decide alone


@dataclass(frozen=True, slots=True)
class RoutingRow:
    """Where calls go that match; empty `languages` or `intents` match all."""

    languages: tuple[str, ...]
    intents: tuple[str, ...]
    queue: str
    knowledge_base: str
    priority: str
    advice: LocalText


def check_name(entry: YamlNode, name: str) -> str:
    """A name as reports carry it."""
    if name == UNKNOWN or not re.fullmatch(NAME_PATTERN, name):
        raise entry.error(
            f"got the name {name!r}; allowed: small letters and digits with single hyphens, "
            f"but not {UNKNOWN!r}"
        )
    return name
