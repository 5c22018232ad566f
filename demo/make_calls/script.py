"""The script of the calls: what is said by whom and how it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from make_calls.held_out_lines import HeldOutLines
from training.voices.speaker import Speaker, Voices, load_voices

SCRIPT = Path(__file__).with_name("script.yaml")
LANGUAGE_CODES = {"Chinese": "zh", "English": "en"}


class VoiceHeardInTraining(ValueError):
    """A speaker of the script has a voice of the training data."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one speaker says without a break. `held_out`: training has not heard it as a whole."""

    who: str
    text: str
    held_out: bool
    silence_s: float = 0.0  # nobody speaks for so long before it
    overlap_s: float = 0.0  # it begins so long before the last line ends
    quotes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noise:
    """`colour` is a key of `noise.SLOPES`; either below the speech by `snr_db` or at `level_db`."""

    colour: str
    snr_db: float | None = None
    level_db: float | None = None

    def __post_init__(self) -> None:
        if (self.snr_db is None) == (self.level_db is None):
            raise ValueError("noise needs snr_db or level_db, not both")


@dataclass(frozen=True, slots=True)
class Call:
    """One sample call. Everybody of `channels` has a channel of his own; without it all share one."""

    file: str
    language: str | None
    condition: str  # clean | telephone | compressed | noise | silence | music
    notes: str
    lines: tuple[Line, ...] = ()
    cast: Mapping[str, Speaker] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    no_closing: bool = False
    noise: Noise | None = None
    gain_db: float = 0.0
    opus: bool = False
    pause_s: tuple[float, float] = (0.35, 0.8)
    duration_s: float = 0.0  # of a call without lines

    @property
    def roles(self) -> tuple[str, ...]:
        """One for each channel."""
        return self.channels or ("unknown",)

    def channel_of(self, who: str) -> int:
        """Where a speaker is recorded."""
        return self.channels.index(who) if self.channels else 0


def load_script(path: Path = SCRIPT) -> tuple[Call, ...]:
    """All calls. An unknown key raises TypeError, a voice or sentence that training has heard ValueError."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    voices, held_out = load_voices(), HeldOutLines()
    speakers = {name: _speaker(entry, voices) for name, entry in data["speakers"].items()}
    return tuple(_call(dict(entry), speakers, held_out) for entry in data["calls"])


def _speaker(entry: dict[str, Any], voices: Voices) -> Speaker:
    speaker = Speaker("espeak", **entry)
    if speaker.voice.partition("+")[2] not in voices.held_out:
        raise VoiceHeardInTraining(f"{speaker.voice} is none of the held-out voices")
    return speaker


def _call(entry: dict[str, Any], speakers: Mapping[str, Speaker], held_out: HeldOutLines) -> Call:
    language = LANGUAGE_CODES.get(entry["language"], "")
    entry["lines"] = tuple(_line(*parts, held_out, language) for parts in map(_parts, entry.pop("lines", ())))
    entry["cast"] = {who: speakers[name] for who, name in entry.pop("cast", {}).items()}
    if "noise" in entry:
        entry["noise"] = Noise(**entry["noise"])
    for key in ("channels", "pause_s"):
        if key in entry:
            entry[key] = tuple(entry[key])
    return Call(**entry)


def _parts(line: list[Any]) -> tuple[str, str, dict[str, Any]]:
    who, text, *options = line
    return who, text, options[0] if options else {}


def _line(who: str, text: str, options: dict[str, Any], held_out: HeldOutLines, language: str) -> Line:
    return Line(who, text, held_out.holds(text, language), **options)
