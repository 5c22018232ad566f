"""Kinds of values in the conditions of a rules file: how each is read, and its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import re2

from call_analysis.file_values.vocabulary import Vocabulary, phrases
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.rules.condition_phrases import PhraseList

_MAX_PATTERN = 1000  # characters
_PATTERN_MEMORY = 2 << 20  # bytes a compiled expression may take


@dataclass(frozen=True, slots=True)
class Names:
    """What a rules file has named: its phrases are read with the vocabulary, its names must exist."""

    vocabulary: Vocabulary
    languages: tuple[str, ...]
    intents: tuple[str, ...]


class Parameter(Protocol):
    """A kind of value."""

    def read(self, entry: YamlNode, names: Names) -> object:
        """The value; raises RulesError where it is not of this kind."""

    def schema(self) -> dict[str, Any]:
        """JSON schema of what is written in the file."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number from low to high."""

    low: float
    high: float

    def read(self, entry: YamlNode, names: Names) -> float:
        """See `Parameter`."""
        return entry.number(self.low, self.high)

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from low to high."""

    low: int
    high: int

    def read(self, entry: YamlNode, names: Names) -> int:
        """See `Parameter`."""
        return entry.integer(self.low, self.high)

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, entry: YamlNode, names: Names) -> bool:
        """See `Parameter`."""
        return entry.flag()

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some texts."""

    allowed: Sequence[str]

    def read(self, entry: YamlNode, names: Names) -> str:
        """See `Parameter`."""
        return entry.choice(self.allowed)

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"enum": list(self.allowed)}


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases by language code, or a plain list that counts for every language."""

    def read(self, entry: YamlNode, names: Names) -> PhraseList:
        """See `Parameter`."""
        by_code = None if entry.is_list() else names.vocabulary.by_code(entry)
        lists = [entry] if by_code is None else list(by_code.values())
        texts = {key: item.text() for listed in lists for key, item in phrases(listed).items()}
        languages = None if by_code is None else frozenset(by_code)
        return PhraseList(texts, languages, names.vocabulary.lexicon(texts))

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"$ref": "#/$defs/Phrases"}


@dataclass(frozen=True, slots=True)
class NumberByLanguage:
    """A number for each language code."""

    low: float
    high: float

    def read(self, entry: YamlNode, names: Names) -> Mapping[str, float]:
        """See `Parameter`."""
        by_code = names.vocabulary.by_code(entry)
        return {code: value.number(self.low, self.high) for code, value in by_code.items()}

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        number = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {"type": "object", "minProperties": 1, "additionalProperties": number}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in RE2's syntax, which runs in linear time: no backreferences, no look-around."""

    def read(self, entry: YamlNode, names: Names) -> Any:
        """See `Parameter`; returns a compiled expression."""
        text = entry.text()
        if len(text) > _MAX_PATTERN:
            raise entry.error(f"{len(text)} characters long; allowed: {_MAX_PATTERN}")
        options = re2.Options()
        options.log_errors, options.max_mem = False, _PATTERN_MEMORY
        try:
            pattern = re2.compile(text, options)
        except re2.error as error:
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
            raise entry.error(
                f"not a regular expression: {reason}; allowed: RE2 syntax, "
                "without backreferences and look-around"
            ) from error
        if pattern.search("") is not None:
            raise entry.error(f"got {text!r}, which fits an empty text; it must need at least a character")
        return pattern

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "string", "minLength": 1, "maxLength": _MAX_PATTERN}


@dataclass(frozen=True, slots=True)
class Intents:
    """Names of intents of the file."""

    def read(self, entry: YamlNode, names: Names) -> frozenset[str]:
        """See `Parameter`."""
        return frozenset(entry.choices(names.intents))

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class Languages:
    """Names of languages of the file."""

    def read(self, entry: YamlNode, names: Names) -> frozenset[str]:
        """See `Parameter`."""
        return frozenset(entry.choices(names.languages))

    def schema(self) -> dict[str, Any]:
        """See `Parameter`."""
        return {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
