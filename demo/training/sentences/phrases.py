"""Phrases of the grammar, read from `phrases/`: templates by side and topic, slot values, words, mixture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from training.sentences.number_slots import NUMBER_SLOTS

PHRASES = Path(__file__).with_name("phrases")
SIDES = ("customer", "agent")
# Slots whose values are the names and terms of a context.
CONTEXT_SLOTS = ("product", "city", "service", "department")
MAX_CONTEXT_WORDS = 5  # of the context of an utterance
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Line of a topic file; `{slot}` stands for a value that varies."""

    text: str
    side: str
    topic: str

    @property
    def slots(self) -> tuple[str, ...]:
        """Slot names in order of appearance; a name may occur twice."""
        return tuple(SLOT.findall(self.text))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Texts of one language."""

    language: str
    templates: tuple[Template, ...]
    slots: dict[str, tuple[str, ...]]
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """Mixture: shares of kinds, sides, numbers of clauses, openings and closings."""

    kinds: dict[str, float]
    sides: dict[str, float]
    clauses: dict[int, float]
    openings: float
    closings: float

    def __post_init__(self) -> None:
        for name in ("kinds", "sides", "clauses"):
            total = sum(getattr(self, name).values())
            if abs(total - 1) > 1e-9:
                raise ValueError(f"shares of {name} sum to {total}; they must sum to 1")


def load_phrases(language: str, root: Path = PHRASES) -> Phrases:
    """Load the phrases of a language. Raises ValueError when a template names a slot without values."""
    folder = root / language
    slots = {
        name: tuple(str(value) for value in values) for name, values in _yaml(folder / "slots.yaml").items()
    }
    phrases = Phrases(
        language=language,
        templates=tuple(_templates(folder)),
        slots=slots,
        openings=tuple(lines(folder / "openings.txt")),
        closings=tuple(lines(folder / "closings.txt")),
        words=tuple(dict.fromkeys(" ".join(lines(folder / "words.txt")).split())),
    )
    for template in phrases.templates:
        unknown = set(template.slots) - set(slots) - set(NUMBER_SLOTS[language])
        if unknown:
            raise ValueError(f"{template.side}/{template.topic}: nothing fills {sorted(unknown)}")
    return phrases


def load_mix(root: Path = PHRASES) -> Mix:
    """Load the mixture. Raises TypeError for an unknown key."""
    return Mix(**_yaml(root / "mix.yaml"))


def lines(path: Path) -> list[str]:
    """Lines of a file, without empty ones and comments."""
    text = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and not line.startswith("#")]


def _templates(folder: Path) -> list[Template]:
    return [
        Template(line, side, path.stem)
        for side in SIDES
        for path in sorted((folder / side).glob("*.txt"))
        for line in lines(path)
    ]


def _yaml(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data
