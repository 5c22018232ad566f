"""The sample calls beside this file and what is said in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CALLS = Path(__file__).resolve().parent / "calls"
REFERENCES = "references.json"

# Calls that the bounds on the error rate speak of. The others are reported beside them.
BOUND_CONDITIONS = ("clean", "telephone")


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """What was said without a break. `held_out`: training has not heard it; else it is a standing phrase."""

    channel: int
    start_s: float
    end_s: float
    text: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """Something for the analysis to find. `kind` is a rule of the default rules, or `phone-number`.

    The channel is the speaker's: of an interruption who interrupts, of a silence who ends it. `quote` are the
    words looked for, or the line that interrupts, ends the silence or ends the call without a closing.
    """

    kind: str
    channel: int
    start_s: float
    end_s: float
    quote: str


@dataclass(frozen=True, slots=True)
class SampleCall:
    """One recording and its reference. `roles` has one entry a channel; `language` is None without speech."""

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
        """Where the recording lies."""
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
