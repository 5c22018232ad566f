"""Which lines of the script training has not heard, by the rules that kept them out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from training.sentences.held_out import HeldOut, in_share, load_held_out, split_clauses
from training.sentences.number_slots import NUMBER_SLOTS
from training.sentences.phrases import LANGUAGES, SLOT, Phrases, Template, load_phrases
from training.sentences.similarity import normalised

NUMBER = "[^，。？,.?]+"  # what a slot with a number in it may hold, roughly


class SeenInTraining(ValueError):
    """A sentence was in the training data, or is no sentence of the grammar."""


class HeldOutLines:
    """The grammar of both languages and what was kept out of training."""

    def __init__(self) -> None:
        phrases = {language: load_phrases(language) for language in LANGUAGES}
        self._held_out = load_held_out(phrases.values())
        self._languages = {language: _Language(phrases[language], self._held_out) for language in LANGUAGES}

    def holds(self, text: str, language: str) -> bool:
        """Whether training has never heard a line as a whole; False for standing phrases alone.

        Raises SeenInTraining when a sentence of it is neither held out nor a standing phrase.
        """
        grammar = self._languages[language]
        held = [grammar.is_held_out(clause) for clause in grammar.main_clauses(text)]  # looks at every one
        return any(held)


class _Language:
    def __init__(self, phrases: Phrases, held_out: HeldOut) -> None:
        self._phrases = phrases
        self._held_out = held_out
        self._standing = {normalised(item.text) for item in phrases.templates if not item.slots}
        self._closings = {normalised(closing) for closing in phrases.closings}
        self._templates = [_pattern(item, phrases) for item in phrases.templates if item.slots]

    def main_clauses(self, text: str) -> Iterator[str]:
        """Sentences without the closings, which both sides of the split share."""
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
        """The clause itself, and what follows an opening, as its template writes it."""
        yield clause
        for opening in self._phrases.openings:
            if clause.startswith(opening) and (rest := clause[len(opening) :].strip()):
                yield rest[0].upper() + rest[1:]

    def _fills_a_template(self, clause: str) -> bool:
        return any(template.fullmatch(clause) for template in self._templates)


def _pattern(template: Template, phrases: Phrases) -> re.Pattern[str]:
    """Matches the template with any values of its slots."""
    parts = SLOT.split(template.text)  # text and names of slots take turns
    return re.compile(
        "".join(_values(part, phrases) if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )


def _values(slot: str, phrases: Phrases) -> str:
    if slot in NUMBER_SLOTS[phrases.language]:
        return NUMBER
    return "(?:" + "|".join(map(re.escape, phrases.slots[slot])) + ")"
