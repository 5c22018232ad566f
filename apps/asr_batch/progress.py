"""How far a batch is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of recordings; `audio_s` and `elapsed_s` are of this run."""

    total: int
    before: int = 0  # results that were there already
    transcribed: int = 0
    from_cache: int = 0
    failed: int = 0
    failed_before: int = 0  # and not tried again
    audio_s: float = 0.0
    elapsed_s: float = 0.0
    calls: int = 0  # allowed at once by now

    @property
    def complete(self) -> int:
        return self.before + self.transcribed + self.from_cache

    @property
    def settled(self) -> int:
        return self.complete + self.failed + self.failed_before
