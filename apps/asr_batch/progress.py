"""Progress of a batch in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of recordings; `audio_s` and `elapsed_s` count this run only."""

    total: int
    before: int = 0  # had their result before this run
    transcribed: int = 0
    from_cache: int = 0
    failed: int = 0
    failed_before: int = 0  # failed in an earlier run and are not tried again
    audio_s: float = 0.0
    elapsed_s: float = 0.0
    calls: int = 0  # the concurrency limit at the moment

    @property
    def complete(self) -> int:
        """Recordings that have their result."""
        return self.before + self.transcribed + self.from_cache

    @property
    def settled(self) -> int:
        """Recordings that have their result or failed."""
        return self.complete + self.failed + self.failed_before
