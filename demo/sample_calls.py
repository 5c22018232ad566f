"""Sample calls in `calls/` beside this file, and what is said in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CALLS = Path(__file__).resolve().parent / "calls"
REFERENCES = "references.json"

# Conditions to which the bounds on the error rate apply. The others are only reported.
BOUND_CONDITIONS = ("clean", "telephone")


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """Line that is spoken without a break.

    `held_out`: training never had this line. It had all others: standing phrases, such as greetings.
    """

    channel: int
    start_s: float
    end_s: float
    text: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """Event planted for the analysis to find. `kind` is a rule of the default rules, or `phone-number`.

    `channel` is the speaker's: the one who interrupts, or the one who ends a silence. `quote` is the words to
    find, or the line that interrupts, ends the silence, or ends the call without a closing.
    """

    kind: str
    channel: int
    start_s: float
    end_s: float
    quote: str


@dataclass(frozen=True, slots=True)
class SampleCall:
    """Recording and its reference.

    `roles` has an entry for each channel; `language` is None without speech.
    """

    file: str
    language: str | None
    condition: str  # clean | telephone | compressed | noise | silence | music
    notes: str
    duration_s: float
    sample_rate: int
    roles: tuple[str, ...]
    lines: tuple[SpokenLine, ...]
    events: tuple[PlantedEvent, ...] = ()

    @property
    def path(self) -> Path:
        """Path of the recording."""
        return CALLS / self.file

    def text_of(self, channel: int) -> str:
        """All that is said in one channel."""
        return " ".join(line.text for line in self.lines if line.channel == channel)


def load_calls(folder: Path = CALLS) -> tuple[SampleCall, ...]:
    """All sample calls in the order of `references.json`."""
    data = json.loads((folder / REFERENCES).read_text(encoding="utf-8"))
    return tuple(
        SampleCall(
            roles=tuple(entry.pop("roles")),
            lines=tuple(SpokenLine(**line) for line in entry.pop("segments")),
            events=tuple(PlantedEvent(**event) for event in entry.pop("events", ())),
            **entry,
        )
        for entry in data["calls"]
    )
