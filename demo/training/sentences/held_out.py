"""Held-out sentences that training must not see, and their measured distance from training.

There are three kinds: scenario sentences, lines of whole dialogues, and one filled template in twenty. The
last are chosen by the digest of their text, so that a text is on the same side in every run. A sentence is
left out of training when one of its clauses is held out, or when the whole is too similar to a held-out
sentence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from training.sentences.grammar import Clause, Sentence
from training.sentences.phrases import PHRASES, Phrases
from training.sentences.similarity import SimilarityIndex, normalised

SHARE = 20  # one filled template in this many
MAX_SIMILARITY = 0.8
CLAUSE = re.compile(r"[^。？.?]+[。？.?]")


@dataclass(frozen=True, slots=True)
class DialogueLine:
    """Line of a held-out dialogue. `standing`: it has only templates without slots, which training knows."""

    dialogue: str
    role: str
    text: str
    standing: bool

    @property
    def language(self) -> str:
        """Code: zh or en, the start of the dialogue's name."""
        return self.dialogue[:2]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scenario sentences and dialogues as written, and their clauses."""

    scenarios: tuple[str, ...]
    dialogue_lines: tuple[DialogueLine, ...]
    clauses: frozenset[str]

    @property
    def texts(self) -> tuple[str, ...]:
        """Texts that no training sentence may be similar to."""
        return (*self.scenarios, *(line.text for line in self.dialogue_lines if not line.standing))

    def holds(self, clause: Clause) -> bool:
        """Whether training must not use this filled template."""
        if clause.standing:
            return False
        return normalised(clause.text) in self.clauses or in_share(clause.text)

    def bars(self, sentence: Sentence) -> bool:
        """Whether any clause of a sentence is held out."""
        return any(self.holds(clause) for clause in sentence.clauses)


@dataclass(frozen=True, slots=True)
class Separation:
    """Similarity of the held-out sentences to their nearest training sentences."""

    sentences: int
    largest: float
    mean: float
    above_limit: int
    nearest_pair: tuple[str, str]

    def __str__(self) -> str:
        held, trained = self.nearest_pair
        return (
            f"{self.sentences} held-out sentences; character 4-gram similarity (Jaccard) to the nearest "
            f"training sentence: mean {self.mean:.2f}, largest {self.largest:.2f}, "
            f"above {MAX_SIMILARITY}: {self.above_limit}\n"
            f"  nearest pair: {held} | {trained}"
        )


def load_held_out(phrases: Iterable[Phrases], root: Path = PHRASES) -> HeldOut:
    """Load what is held out. `phrases` of both languages identify the dialogues' standing phrases."""
    data = yaml.safe_load((root / "held_out.yaml").read_text(encoding="utf-8"))
    standing = {
        normalised(clause)
        for language in phrases
        for template in language.templates
        if not template.slots
        for clause in split_clauses(template.text)
    }
    lines = tuple(
        _dialogue_line(name, line, standing)
        for name, entries in data["dialogues"].items()
        for line in entries
    )
    held = [*data["scenarios"], *(line.text for line in lines)]
    clauses = {normalised(clause) for text in held for clause in split_clauses(text)}
    return HeldOut(tuple(data["scenarios"]), lines, frozenset(clauses - standing))


def in_share(text: str) -> bool:
    """Whether a text is in the held-out share. By digest, so that neither seed nor order matter."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % SHARE == 0


def split_clauses(text: str) -> list[str]:
    """Split a turn into its sentences, each with its final mark."""
    return [clause.strip() for clause in CLAUSE.findall(text)]


def separation(held_out: Iterable[str], training: Iterable[str]) -> Separation:
    """Find the nearest training sentence to each held-out one.

    Texts as short as one word are similar only when they are equal.
    """
    index = SimilarityIndex(sorted(set(training)))
    texts = sorted(set(held_out))
    nearest = [(*index.nearest(text), text) for text in texts]
    similarity, trained, text = max(nearest)
    return Separation(
        sentences=len(texts),
        largest=similarity,
        mean=sum(entry[0] for entry in nearest) / len(nearest),
        above_limit=sum(entry[0] > MAX_SIMILARITY for entry in nearest),
        nearest_pair=(text, index.texts[trained] if trained >= 0 else ""),
    )


def _dialogue_line(dialogue: str, line: str, standing: set[str]) -> DialogueLine:
    role, text = line.split(": ", 1)
    known = all(normalised(clause) in standing for clause in split_clauses(text))
    return DialogueLine(dialogue, role, text, known)
