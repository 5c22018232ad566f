"""Grammar of customer-service calls: draws sentences from the phrases of a language, from a seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from training.sentences.number_slots import NUMBER_SLOTS, digit_string
from training.sentences.phrases import SLOT, Mix, Phrases, Template

MAX_SALAD_WORDS = 9
SALAD_DIGITS_SHARE = 0.08
FULL_STOP = {"zh": "。", "en": "."}
PUNCTUATION = re.compile(r"[，。？,.?]")

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Clause:
    """Filled template. `template` is the text before its slots were filled."""

    text: str
    template: str

    @property
    def standing(self) -> bool:
        """Whether it is a standing phrase, whose template has no slots."""
        return "{" not in self.template


@dataclass(frozen=True, slots=True)
class Sentence:
    """Text of one utterance. `kind` is a key of Mix.kinds."""

    text: str
    language: str
    kind: str
    clauses: tuple[Clause, ...] = ()


class Grammar:
    """Draws sentences of one language; equal seeds give equal sentences."""

    def __init__(self, phrases: Phrases, mix: Mix) -> None:
        self.phrases = phrases
        self.mix = mix
        self._by_topic: dict[tuple[str, str], list[Template]] = {}
        for template in phrases.templates:
            self._by_topic.setdefault((template.side, template.topic), []).append(template)
        self._salad_words = tuple(dict.fromkeys([*self.vocabulary, *self._fragments()]))
        self._kinds: dict[str, Callable[[Random], Sentence]] = {
            "template": self.spoken_turn,
            "salad": self.salad,
            "digits": self.digits,
            "courtesy": self.courtesy,
        }

    def sentence(self, random: Random) -> Sentence:
        """Draw a sentence of any kind, in the shares of the mixture."""
        return self._kinds[_weighted(self.mix.kinds, random)](random)

    def spoken_turn(self, random: Random, accepts: Callable[[Clause], bool] = lambda _: True) -> Sentence:
        """Draw one to three accepted clauses of one topic, sometimes with an opening or a closing."""
        topic = self.topic(random)
        drawn = [self.clause(random, topic, accepts) for _ in range(_weighted(self.mix.clauses, random))]
        clauses = list({clause.template: clause for clause in drawn}.values())
        opening = random.choice(self.phrases.openings) if random.random() < self.mix.openings else ""
        closing = random.choice(self.phrases.closings) if random.random() < self.mix.closings else ""
        return Sentence(self._joined(opening, clauses, closing), self.language, "template", tuple(clauses))

    def topic(self, random: Random) -> tuple[str, str]:
        """Draw a side by its share, then any of its topics."""
        side = _weighted(self.mix.sides, random)
        return random.choice([topic for topic in self._by_topic if topic[0] == side])

    def clause(
        self, random: Random, topic: tuple[str, str], accepts: Callable[[Clause], bool] = lambda _: True
    ) -> Clause:
        """Draw until `accepts` returns True; does not end when a topic has no such clause."""
        while True:
            template = random.choice(self._by_topic[topic])
            clause = self.fill(template, random)
            if accepts(clause):
                return clause

    def fill(self, template: Template, random: Random) -> Clause:
        """Put a value in every slot. A slot name that occurs twice gets two different values."""
        used: set[str] = set()

        def value(name: str) -> str:
            while True:
                chosen = self._value(name, random)
                if chosen not in used:
                    used.add(chosen)
                    return chosen

        return Clause(SLOT.sub(lambda slot: value(slot.group(1)), template.text), template.text)

    def salad(self, random: Random) -> Sentence:
        """Draw words in random order, so that a listener cannot guess them from their neighbours."""
        count = random.randint(1, MAX_SALAD_WORDS)
        words = [
            digit_string(random, 1, 6)
            if random.random() < SALAD_DIGITS_SHARE
            else random.choice(self._salad_words)
            for _ in range(count)
        ]
        return self._whole(" ".join(words) if self.language == "en" else "".join(words), "salad")

    def digits(self, random: Random) -> Sentence:
        """Draw a number alone, as callers say it when asked."""
        return self._whole(digit_string(random, 2, 12), "digits")

    def courtesy(self, random: Random) -> Sentence:
        """Draw a closing or a slot value alone: a very short utterance."""
        if random.random() < 0.5:
            return Sentence(random.choice(self.phrases.closings), self.language, "courtesy")
        values = self.phrases.slots[random.choice(sorted(self.phrases.slots))]
        return self._whole(random.choice(values), "courtesy")

    @property
    def language(self) -> str:
        """Code: zh or en."""
        return self.phrases.language

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Every word except numbers. Chinese has no spaces, so its slot values and listed words are used."""
        values = [value for values in self.phrases.slots.values() for value in values]
        if self.language == "zh":
            return tuple(dict.fromkeys([*values, *self.phrases.words]))
        names = {word for value in values for word in value.split() if word[0].isupper()}
        words = (word for text in [*values, *self._fragments()] for word in text.split())
        said = (word if word in names or word.startswith("I") else word.lower() for word in words)
        return tuple(dict.fromkeys([*said, *self.phrases.words]))

    def _fragments(self) -> list[str]:
        """Fixed text between slots and punctuation of the templates, the openings and the closings."""
        phrases = self.phrases
        texts = [
            *(SLOT.sub(",", item.text) for item in phrases.templates),
            *phrases.openings,
            *phrases.closings,
        ]
        pieces = (piece.strip() for text in texts for piece in PUNCTUATION.split(text))
        return [_inner_case(piece) for piece in pieces if piece]

    def _value(self, name: str, random: Random) -> str:
        number_slot = NUMBER_SLOTS[self.language].get(name)
        return number_slot(random) if number_slot else random.choice(self.phrases.slots[name])

    def _joined(self, opening: str, clauses: list[Clause], closing: str) -> str:
        texts = [clause.text for clause in clauses]
        if texts[0].startswith(self.phrases.openings):
            opening = ""
        if self.language == "zh":
            return opening + "".join(texts) + closing
        if opening.endswith(","):
            texts[0] = _inner_case(texts[0])
        return " ".join(part for part in (opening, *texts, closing) if part)

    def _whole(self, text: str, kind: str) -> Sentence:
        return Sentence(_sentence_case(text) + FULL_STOP[self.language], self.language, kind)


def _inner_case(text: str) -> str:
    """Text as it is written within a sentence: in lower case, except for `I`."""
    return text if text.startswith(("I ", "I'")) or text == "I" else text[0].lower() + text[1:]


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]


def _weighted(shares: dict[Key, float], random: Random) -> Key:
    return random.choices(list(shares), weights=list(shares.values()))[0]
