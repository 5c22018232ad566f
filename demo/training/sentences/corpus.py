"""Corpus plan: which speaker says which sentence, for training and for each evaluation set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from training.run.plan import Plan
from training.sentences.grammar import Clause, Grammar, Sentence
from training.sentences.held_out import MAX_SIMILARITY, HeldOut
from training.sentences.languages import LANGUAGES
from training.sentences.similarity import SimilarityIndex, normalised
from training.voices.speaker import Speaker, Voices

DIGIT_RUN = re.compile(r"\d+")
DIGIT_LENGTHS = range(6, 13)
MAY_REPEAT = 15  # characters; texts up to this length may be repeated, with other voices
SCENARIO_VOICES = 8
PROGRESS_SENTENCES = 64  # the sample that is evaluated every few minutes while training


@dataclass(frozen=True, slots=True)
class UtterancePlan:
    """Utterance before it is synthesised."""

    text: str
    language: str
    kind: str
    speaker: Speaker

    def as_json(self) -> dict[str, Any]:
        """Plain data for the index of a speech store."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> UtterancePlan:
        """The inverse of as_json."""
        return cls(data["text"], data["language"], data["kind"], Speaker(**data["speaker"]))


class Corpus:
    """Plans every set of one run. Evaluation comes first, so that training can avoid its sentences."""

    def __init__(self, grammars: dict[str, Grammar], held_out: HeldOut, voices: Voices, plan: Plan) -> None:
        self._grammars = grammars
        self._held_out = held_out
        self._voices = voices
        self._plan = plan
        self.evaluation: dict[str, list[UtterancePlan]] = {
            "sentences": self._speak(self._held_turns(plan.evaluation_sentences), "evaluation"),
            "digits": self._speak(self._held_digits(plan.evaluation_digits), "digits"),
            "salad": self._speak(self._salads(plan.evaluation_salads), "salad"),
            "second": self._speak(self._held_turns(plan.evaluation_second, "second"), "second"),
            "scenarios": self._speak(self._scenarios(), "scenarios"),
            "dialogues": self._speak(self._dialogues(), "dialogues"),
        }
        progress = self._held_turns(PROGRESS_SENTENCES, "progress")
        self.progress = self._speak(progress, "progress")
        self.training = self._training()

    def held_out_texts(self) -> list[str]:
        """Texts of the evaluation, except word salads, which never recur, and standing phrases."""
        sets = ("sentences", "digits", "second")
        return [*(plan.text for name in sets for plan in self.evaluation[name]), *self._held_out.texts]

    def _training(self) -> list[UtterancePlan]:
        random = Random(f"{self._plan.seed} training")
        near = SimilarityIndex([*self.held_out_texts(), *(plan.text for plan in self.progress)])
        seen = {normalised(plan.text) for plan in self.evaluation["salad"]}
        plans: list[UtterancePlan] = []
        while len(plans) < self._plan.training_utterances:
            language = LANGUAGES[len(plans) % len(LANGUAGES)]
            sentence = self._grammars[language].sentence(random)
            key = normalised(sentence.text)
            if (
                key in seen
                or self._held_out.bars(sentence)
                or near.nearest(sentence.text)[0] > MAX_SIMILARITY
            ):
                continue
            if len(key) > MAY_REPEAT:
                seen.add(key)
            speaker = self._voices.for_training(language, random)
            plans.append(UtterancePlan(sentence.text, language, sentence.kind, speaker))
        return plans

    def _held_turns(self, count: int, name: str = "sentences") -> Iterator[Sentence]:
        return self._distinct(count, name, lambda grammar, random: grammar.spoken_turn(random, self._is_test))

    def _held_digits(self, count: int) -> Iterator[Sentence]:
        def turn(grammar: Grammar, random: Random) -> Sentence:
            while True:
                sentence = grammar.spoken_turn(random, self._is_test)
                if any(len(run) in DIGIT_LENGTHS for run in DIGIT_RUN.findall(sentence.text)):
                    return sentence

        return self._distinct(count, "digits", turn)

    def _salads(self, count: int) -> Iterator[Sentence]:
        return self._distinct(count, "salad", lambda grammar, random: grammar.salad(random))

    def _scenarios(self) -> Iterator[Sentence]:
        for text in self._held_out.scenarios:
            for _ in range(SCENARIO_VOICES):
                yield Sentence(text, "zh", "scenario")

    def _dialogues(self) -> Iterator[Sentence]:
        for line in self._held_out.dialogue_lines:
            yield Sentence(line.text, line.language, f"dialogue {line.role}")

    def _distinct(
        self, count: int, name: str, draw: Callable[[Grammar, Random], Sentence]
    ) -> Iterator[Sentence]:
        random = Random(f"{self._plan.seed} {name}")
        seen: set[str] = set()
        while len(seen) < count:
            sentence = draw(self._grammars[LANGUAGES[len(seen) % len(LANGUAGES)]], random)
            if normalised(sentence.text) not in seen:
                seen.add(normalised(sentence.text))
                yield sentence

    def _speak(self, sentences: Iterator[Sentence], name: str) -> list[UtterancePlan]:
        random = Random(f"{self._plan.seed} {name} voices")
        draw = self._voices.second if name == "second" else self._voices.for_evaluation
        return [
            UtterancePlan(sentence.text, sentence.language, sentence.kind, draw(sentence.language, random))
            for sentence in sentences
        ]

    def _is_test(self, clause: Clause) -> bool:
        return self._held_out.holds(clause)
