"""The script of the calls: what is said by whom, and which sentences the model was not trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from make_calls.espeak import Voice
from make_calls.spoken_form import spoken_chinese, spoken_english

SCRIPT = Path(__file__).with_name("script.yaml")
HELD_OUT_SHARE = 20  # one main clause in this many was kept out of training


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice and its way of reading digits."""

    voice: Voice
    one: str = "yi1"
    zero: str = "zero"

    def read(self, text: str) -> str:
        """What the synthesiser is given for `text`."""
        if self.voice.accent == "zh":
            return spoken_chinese(text, self.one)
        return spoken_english(text, self.zero)


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of one speaker. `fixed` marks a standing phrase that training has seen."""

    speaker: str
    opening: str
    main_clause: str
    closing: str
    fixed: bool = False

    @property
    def text(self) -> str:
        """As it is written in the reference. English after an opening goes on in lower case."""
        main = self.main_clause
        if self.opening.endswith(", ") and not main.startswith("I "):
            main = main[0].lower() + main[1:]
        return (self.opening + main + self.closing).strip()


@dataclass(frozen=True, slots=True)
class Noise:
    """Stationary noise below the speech by `snr_db`."""

    colour: str  # white | pink
    snr_db: float


@dataclass(frozen=True, slots=True)
class Call:
    """One sample call. With several `channels` speakers get them in order of entry, else they share one."""

    file: str
    language: str | None
    condition: str  # clean | telephone | compressed | noise | silence
    notes: str
    lines: tuple[Line, ...]
    channels: tuple[str, ...] = ("unknown",)
    noise: Noise | None = None
    gain_db: float = 0.0
    opus: bool = False
    pause_s: tuple[float, float] = (0.35, 0.8)
    duration_s: float = 0.0  # of a call without lines

    def channel_of(self, speaker: str) -> int:
        """Channel of a speaker by name."""
        entered = list(dict.fromkeys(line.speaker for line in self.lines))
        return entered.index(speaker) if len(self.channels) > 1 else 0


@dataclass(frozen=True, slots=True)
class Script:
    """All calls and the speakers in them."""

    speakers: dict[str, Speaker] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()


def load_script(path: Path = SCRIPT) -> Script:
    """Read the script; an unknown key raises TypeError, a seen sentence that is not marked ValueError."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    script = Script(
        speakers={name: _speaker(dict(entry)) for name, entry in data["voices"].items()},
        calls=tuple(_call(dict(entry)) for entry in data["calls"]),
    )
    for line in (line for call in script.calls for line in call.lines):
        if not line.fixed and not is_held_out(line.main_clause):
            raise ValueError(f"{line.main_clause!r} was in the training data; mark it as fixed or change it")
    return script


def is_held_out(main_clause: str) -> bool:
    """The rule that split the training data: by the digest of the main clause."""
    digest = hashlib.md5(main_clause.encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % HELD_OUT_SHARE == 0


def _speaker(entry: dict[str, Any]) -> Speaker:
    digits = {key: entry.pop(key) for key in ("one", "zero") if key in entry}
    return Speaker(Voice(**entry), **digits)


def _call(entry: dict[str, Any]) -> Call:
    entry["lines"] = tuple(_line(*parts) for parts in entry["lines"])
    if "noise" in entry:
        entry["noise"] = Noise(**entry["noise"])
    for key in ("channels", "pause_s"):
        if key in entry:
            entry[key] = tuple(entry[key])
    return Call(**entry)


def _line(speaker: str, opening: str, main_clause: str | dict[str, str], closing: str) -> Line:
    if isinstance(main_clause, dict):
        return Line(speaker, opening, main_clause["fixed"], closing, fixed=True)
    return Line(speaker, opening, main_clause, closing)
