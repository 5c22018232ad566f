"""Held-out lines: which lines of the script training has not heard, by the rules that kept them out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from training.sentences.held_out import HeldOut, in_share, load_held_out, split_clauses
from training.sentences.languages import LANGUAGES
from training.sentences.number_slots import NUMBER_SLOTS
from training.sentences.phrases import SLOT, Phrases, Template, load_phrases
from training.sentences.similarity import normalised

NUMBER = "[^，。？,.?]+"  # roughly what a slot for a number may hold


class SeenInTraining(ValueError):
    """A sentence may be in the training data, or the grammar cannot produce it."""


class HeldOutLines:
    """Grammar of both languages and what was kept out of training."""

    def __init__(self) -> None:
        phrases = {language: load_phrases(language) for language in LANGUAGES}
        self._held_out = load_held_out(phrases.values())
        self._languages = {language: _Language(phrases[language], self._held_out) for language in LANGUAGES}

    def holds(self, text: str, language: str) -> bool:
        """Whether a line has a sentence that was held out; False for a line of standing phrases only.

        Raises SeenInTraining when one of its sentences is neither held out nor a standing phrase.
        """
        grammar = self._languages[language]
        held = [
            grammar.is_held_out(clause) for clause in grammar.main_clauses(text)
        ]  # a list, so that every sentence is checked
        return any(held)


class _Language:
    def __init__(self, phrases: Phrases, held_out: HeldOut) -> None:
        self._phrases = phrases
        self._held_out = held_out
        self._standing = {normalised(item.text) for item in phrases.templates if not item.slots}
        self._closings = {normalised(closing) for closing in phrases.closings}
        self._templates = [_pattern(item, phrases) for item in phrases.templates if item.slots]

    def main_clauses(self, text: str) -> Iterator[str]:
        """Sentences of a text without the closings, which training and evaluation share."""
        for clause in split_clauses(text):
            if normalised(clause) not in self._closings:
                yield clause

    def is_held_out(self, clause: str) -> bool:
        readings = list(self._without_opening(clause))
        if any(normalised(reading) in self._held_out.clauses for reading in readings):
            return True
        if any(in_share(reading) and self._fills_a_template(reading) for reading in readings):
            return True
        if any(normalised(reading) in self._standing for reading in readings):
            return False
        raise SeenInTraining(f"{clause!r} is neither held out nor a standing phrase")

    def _without_opening(self, clause: str) -> Iterator[str]:
        """The clause itself, and the clause without each opening that it begins with, capitalised."""
        yield clause
        for opening in self._phrases.openings:
            if clause.startswith(opening) and (rest := clause[len(opening) :].strip()):
                yield rest[0].upper() + rest[1:]

    def _fills_a_template(self, clause: str) -> bool:
        return any(template.fullmatch(clause) for template in self._templates)


def _pattern(template: Template, phrases: Phrases) -> re.Pattern[str]:
    """Pattern that matches the template with any values in its slots."""
    parts = SLOT.split(template.text)  # text and slot names alternate
    return re.compile(
        "".join(_values(part, phrases) if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )


def _values(slot: str, phrases: Phrases) -> str:
    if slot in NUMBER_SLOTS[phrases.language]:
        return NUMBER
    return "(?:" + "|".join(map(re.escape, phrases.slots[slot])) + ")"
