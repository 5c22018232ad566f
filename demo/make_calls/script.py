"""Script of the calls: what is said by whom, and how it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from make_calls.held_out_lines import HeldOutLines
from training.sentences.languages import LANGUAGE_NAMES
from training.voices.speaker import Speaker, Voices, load_voices

SCRIPT = Path(__file__).with_name("script.yaml")
LANGUAGE_CODES = {name: code for code, name in LANGUAGE_NAMES.items()}


class VoiceHeardInTraining(ValueError):
    """A speaker of the script has a voice that is in the training data."""


@dataclass(frozen=True, slots=True)
class Line:
    """Line that one speaker says without a break. `held_out`: training has not heard it as a whole."""

    who: str
    text: str
    held_out: bool
    silence_s: float = 0.0  # silence before the line
    overlap_s: float = 0.0  # time by which the line begins before the previous one ends
    quotes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of a call, `snr_db` below the speech or at `level_db`. `colour` is a key of `noise.SLOPES`."""

    colour: str
    snr_db: float | None = None
    level_db: float | None = None

    def __post_init__(self) -> None:
        if (self.snr_db is None) == (self.level_db is None):
            raise ValueError("noise needs snr_db or level_db, not both")


@dataclass(frozen=True, slots=True)
class Call:
    """One sample call. Each speaker in `channels` has a channel; without `channels` all share one."""

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
    duration_s: float = 0.0  # only for a call without lines

    @property
    def roles(self) -> tuple[str, ...]:
        """Role of each channel."""
        return self.channels or ("unknown",)

    def channel_of(self, who: str) -> int:
        """Channel on which a speaker is recorded."""
        return self.channels.index(who) if self.channels else 0


def load_script(path: Path = SCRIPT) -> tuple[Call, ...]:
    """Load all calls.

    Raises TypeError for an unknown key, ValueError for a voice or sentence that training has heard.
    """
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
