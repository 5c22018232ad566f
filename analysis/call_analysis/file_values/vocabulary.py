"""The vocabulary of a rules file: what all its phrases are read with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.text.folded_text import fold, is_unbounded
from call_analysis.text.lexicon import Lexicon, Negation
from call_analysis.text.phrase_trie import ANY_ENDING

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the sections "languages", "negation" and "neutral" say."""

    codes: frozenset[str] = frozenset()  # language codes, such as "zh"
    negation: Negation = field(default_factory=Negation)
    neutral: tuple[str, ...] = ()  # folded

    def lexicon(self, meanings: Mapping[str, Meaning]) -> Lexicon[Meaning]:
        """A lexicon that finds these folded phrases."""
        return Lexicon(meanings, self.negation, self.neutral)

    def by_code(self, node: YamlNode) -> dict[str, YamlNode]:
        """The entries of a mapping whose keys are language codes."""
        return node.fields(required=(), optional=sorted(self.codes))


def folded_phrases(node: YamlNode) -> dict[str, YamlNode]:
    """The phrases of a list by their folded form.

    Raises RulesError for a phrase that comes twice, has no letter or digit, or has a misplaced `*`.
    """
    found: dict[str, YamlNode] = {}
    for item in node.items():
        key = _folded(item)
        if key in found:
            raise item.error(f"{item.text()!r} is the same phrase as {found[key].text()!r} in this list")
        found[key] = item
    return found


def _folded(item: YamlNode) -> str:
    text = item.text()
    stem = text.removesuffix(ANY_ENDING)
    folded = fold(stem).text
    if ANY_ENDING in stem:
        raise item.error(f"got {text!r}; '*' is allowed only at the end of a phrase")
    if not any(character.isalnum() for character in folded):
        raise item.error(f"got {text!r}; a phrase needs a letter or a digit")
    if stem == text:
        return folded
    if is_unbounded(folded[-1]) or not folded[-1].isalnum():
        raise item.error(f"got {text!r}; '*' stands for the ending of a spaced script's word: leave it out")
    return folded + ANY_ENDING
