"""What the sections of a rules file share: phrases, texts in several languages, and negation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.intents.intent_rules import LocalText
from call_analysis.text.folded_text import fold, is_unbounded
from call_analysis.text.lexicon import Lexicon, Negation
from call_analysis.text.phrase_trie import ANY_ENDING

Meaning = TypeVar("Meaning")

_MAX_REACH = 20


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Language codes, negation and neutral phrases: what all phrases of a rules file are read with."""

    codes: frozenset[str]
    negation: Negation
    neutral: tuple[str, ...]

    @classmethod
    def read(cls, codes: frozenset[str], negation: YamlNode | None, neutral: YamlNode | None) -> Vocabulary:
        """From the sections "negation" and "neutral", both of which may be left out."""
        return cls(
            codes=codes,
            negation=_read_negation(negation) if negation else Negation(),
            neutral=tuple(phrases(neutral)) if neutral else (),
        )

    def lexicon(self, meanings: Mapping[str, Meaning]) -> Lexicon[Meaning]:
        """A lexicon of folded phrases."""
        return Lexicon(meanings, self.negation, self.neutral)

    def local_text(self, entry: YamlNode) -> LocalText:
        """One text for each language code."""
        texts = {code: text.text() for code, text in self.by_code(entry).items()}
        return LocalText(texts)

    def by_code(self, entry: YamlNode) -> dict[str, YamlNode]:
        """A mapping whose keys are language codes of the section "languages"."""
        return entry.fields(required=(), optional=sorted(self.codes))


def phrases(entry: YamlNode) -> dict[str, YamlNode]:
    """A list of phrases by their folded form. Refuses doubles and phrases without letters."""
    found: dict[str, YamlNode] = {}
    for item in entry.items():
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


def _read_negation(entry: YamlNode) -> Negation:
    entries = entry.fields(required=("before", "reach"), optional=("after", "joiners"))
    return Negation(
        before=tuple(phrases(entries["before"])),
        after=tuple(phrases(entries["after"])) if "after" in entries else (),
        joiners=tuple(phrases(entries["joiners"])) if "joiners" in entries else (),
        reach=entries["reach"].integer(0, _MAX_REACH),
    )
