"""What the analysis decides by. The values come from a YAML file, see `rules_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from call_analysis.lexicon import Lexicon

UNKNOWN = "unknown"  # the intent when nothing fits; the language when it is not in the table

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


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Fails with the first hit; a fatal one fails the whole call."""

    points: float
    fatal: bool
    suggestion: LocalText


@dataclass(frozen=True, slots=True)
class Required:
    """Fails with fewer than `at_least` hits."""

    points: float
    at_least: int
    suggestion: LocalText


@dataclass(frozen=True, slots=True)
class Tracked:
    """Hits are listed and nothing is judged."""


@dataclass(frozen=True, slots=True)
class QualityRule:
    """A check of what the given roles say. `languages` are the codes its phrases are written for."""

    name: str
    roles: tuple[str, ...]
    check: Forbidden | Required | Tracked
    count_negated: bool
    languages: frozenset[str]
    lexicon: Lexicon[str]


@dataclass(frozen=True, slots=True)
class QualityRules:
    """Scores (0..100) from which a call passes or needs attention; below both it fails."""

    pass_score: float
    attention_score: float
    rules: tuple[QualityRule, ...]


@dataclass(frozen=True, slots=True)
class RoutingRow:
    """Where calls go that match; empty `languages` or `intents` match all."""

    languages: tuple[str, ...]
    intents: tuple[str, ...]
    queue: str
    knowledge_base: str
    priority: str
    advice: LocalText


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole rules file. `language_codes` maps the model's language names to codes such as "zh"."""

    name: str
    sha256: str  # of the file, so that a report tells which rules made it
    language_codes: Mapping[str, str]
    intents: IntentRules
    quality: QualityRules
    routing: tuple[RoutingRow, ...]
