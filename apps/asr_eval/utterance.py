"""Utterance of a test set: a recording, or one channel of it, and what is said in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NO_SPEECH = "no speech"


@dataclass(frozen=True, slots=True)
class Utterance:
    """`text` is empty and `language` None where nothing is said. `channel` is None for all channels. `terms`
    are names and terms that are likely in such a call, whether said in it or not."""

    audio: Path
    text: str
    language: str | None  # the model's English name
    condition: str = ""
    channel: int | None = None
    terms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For people: `call.flac`, `call.flac channel 1`."""
        return self.audio.name if self.channel is None else f"{self.audio.name} channel {self.channel}"

    @property
    def group(self) -> str:
        """The language, or `NO_SPEECH`."""
        return self.language or NO_SPEECH
