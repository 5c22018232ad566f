"""First pass over a recording: it finds length, levels, energy and speech.

The samples of a short recording are kept, so that it is decoded only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.energy import Level, LevelMeter
from asr_client.audio.recording import Recording
from asr_client.audio.vad import Speech, SpeechDetector

Block = NDArray[np.int16]  # [samples, channels]

MAX_KEPT_BYTES = 64 * 1024**2  # 17 minutes of two channels
_IDENTICAL_BELOW = 0.01  # rms of the difference relative to the signal: -40 dB


@dataclass(frozen=True, slots=True)
class ChannelFindings:
    """What the first pass found in one channel: `samples` counts them, `energy` is in dBFS for each 10 ms."""

    samples: int
    energy: NDArray[np.float32]
    speech: Speech
    level: Level


@dataclass(frozen=True, slots=True)
class FirstPass:
    """What the first pass found in a recording. `source_rate` and `duration_s` are those of the source."""

    recording: Recording
    source_rate: int
    duration_s: float
    channels: tuple[ChannelFindings, ...]
    truncated: bool
    merged_channels: bool  # two channels with the same content were taken as one
    kept: tuple[Block, ...] | None  # all samples of a short recording

    @property
    def name(self) -> str:
        """The recording's name in messages."""
        return self.recording.name

    @contextmanager
    def blocks(self) -> Iterator[Iterable[Block]]:
        """The samples of the recording, for a second pass."""
        if self.kept is not None:
            yield self.kept
            return
        with self.recording.open() as reading:
            yield reading.blocks()


def run_first_pass(recording: Recording, max_kept_bytes: int = MAX_KEPT_BYTES) -> FirstPass:
    """Read a recording; its samples are kept if they take at most `max_kept_bytes`. Raises AudioError."""
    with recording.open() as reading:
        channels = [_ChannelScan() for _ in range(reading.channels)]
        difference = _Difference()
        kept = _Kept(max_kept_bytes)
        for block in reading.blocks():
            for scan, pcm in zip(channels, block.T, strict=True):
                scan.add(pcm)
            if reading.channels == 2:
                difference.add(block)
            kept.add(block)
        merged = reading.channels == 2 and difference.is_negligible
        findings = tuple(scan.finish() for scan in channels[: 1 if merged else None])
        return FirstPass(
            recording=recording,
            source_rate=reading.source_rate,
            duration_s=reading.duration_s,
            channels=findings,
            truncated=reading.truncated,
            merged_channels=merged,
            kept=kept.blocks(),
        )


class _Kept:
    """The blocks of a recording as long as it is short; None once it is too long to be kept."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._blocks: list[Block] | None = []
        self._bytes = 0

    def add(self, block: Block) -> None:
        self._bytes += block.nbytes
        if self._bytes > self._max_bytes:
            self._blocks = None
        if self._blocks is not None:
            self._blocks.append(block)

    def blocks(self) -> tuple[Block, ...] | None:
        return None if self._blocks is None else tuple(self._blocks)


class _ChannelScan:
    """The measurements of one channel while its blocks pass."""

    def __init__(self) -> None:
        self._samples = 0
        self._level = LevelMeter()
        self._speech = SpeechDetector()

    def add(self, pcm: NDArray[np.int16]) -> None:
        self._samples += len(pcm)
        self._level.add(pcm)
        self._speech.add(pcm)

    def finish(self) -> ChannelFindings:
        speech = self._speech.finish()
        return ChannelFindings(self._samples, self._speech.energy_db(), speech, self._level.level())


class _Difference:
    """Whether two channels carry one signal: a mono call stored as stereo, perhaps through a lossy codec."""

    def __init__(self) -> None:
        self._signal = 0.0
        self._difference = 0.0

    def add(self, block: Block) -> None:
        left, right = block.T.astype(np.float32)
        self._signal += float(left @ left)
        self._difference += float((left - right) @ (left - right))

    @property
    def is_negligible(self) -> bool:
        return self._signal > 0 and self._difference <= self._signal * _IDENTICAL_BELOW**2
