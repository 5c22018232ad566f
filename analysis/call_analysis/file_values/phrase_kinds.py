"""Kinds of values that depend on language: phrases, texts and numbers for each language code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from call_analysis.file_values.containers import ByKey, Defined, ListOf
from call_analysis.file_values.kinds import Number, Text
from call_analysis.file_values.names import Names
from call_analysis.file_values.vocabulary import folded_phrases
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.rules.condition_phrases import ConditionPhrases
from call_analysis.text.local_text import LocalText


@dataclass(frozen=True, slots=True)
class FoldedPhrases:
    """A list of phrases, read in their folded form."""

    def read(self, node: YamlNode, names: Names) -> tuple[str, ...]:
        return tuple(folded_phrases(node))

    def schema(self) -> dict[str, Any]:
        return ListOf(Text()).schema()


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of a condition: a list for each language code, or one list for every language."""

    def read(self, node: YamlNode, names: Names) -> ConditionPhrases:
        by_code = None if node.is_list() else names.vocabulary.by_code(node)
        lists = [node] if by_code is None else list(by_code.values())
        texts = {key: item.text() for listed in lists for key, item in folded_phrases(listed).items()}
        languages = None if by_code is None else frozenset(by_code)
        return ConditionPhrases(texts, languages, names.vocabulary.lexicon(texts))

    def schema(self) -> dict[str, Any]:
        phrases = FoldedPhrases()
        return {"anyOf": [phrases.schema(), ByKey(phrases).schema()]}


PHRASES = Defined("Phrases", Phrases())


@dataclass(frozen=True, slots=True)
class LocalTexts:
    """A text for each language code."""

    def read(self, node: YamlNode, names: Names) -> LocalText:
        return LocalText({code: text.text() for code, text in names.vocabulary.by_code(node).items()})

    def schema(self) -> dict[str, Any]:
        return ByKey(Text()).schema()


@dataclass(frozen=True, slots=True)
class NumberByLanguage:
    """A number for each language code."""

    number: Number

    def read(self, node: YamlNode, names: Names) -> Mapping[str, float]:
        by_code = names.vocabulary.by_code(node)
        return {code: self.number.read(value, names) for code, value in by_code.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "minProperties": 1, "additionalProperties": self.number.schema()}
