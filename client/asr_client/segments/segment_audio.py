"""Segment audio: a second pass over a recording gives the samples of its segments, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from asr_client.errors import CorruptAudio
from asr_client.segments.first_pass import Block, FirstPass
from asr_client.segments.segmentation import AudioSegment


def segment_audio(
    first_pass: FirstPass, segments: Sequence[AudioSegment]
) -> Generator[NDArray[np.int16], None, None]:
    """The samples that are sent for each of `segments`, which are in order of time.

    The recording is read only as far as the next segment needs, and samples that no later segment needs are
    dropped. Raises AudioError when the file can no longer be read.
    """
    needed_from = list(accumulate(reversed([segment.sent_from for segment in segments]), min))[::-1]
    with first_pass.blocks() as blocks:
        window = _Window(first_pass.name, blocks)
        for segment, first in zip(segments, needed_from, strict=True):
            window.forget_before(first)
            yield window.slice(segment.column, segment.sent_from, segment.sent_to)


class _Window:
    """The samples that are held: a stretch of the recording that moves forward."""

    def __init__(self, name: str, blocks: Iterable[Block]) -> None:
        self._name = name
        self._blocks = iter(blocks)
        self._held: deque[Block] = deque()
        self._start = 0
        self._end = 0

    def forget_before(self, start: int) -> None:
        while self._held and self._start + len(self._held[0]) <= start:
            self._start += len(self._held.popleft())
        while not self._held and self._end < start:
            block = self._next_block()
            if self._end <= start:
                self._start = self._end
            else:
                self._held.append(block)

    def slice(self, column: int, start: int, end: int) -> NDArray[np.int16]:
        while self._end < end:
            self._held.append(self._next_block())
        joined: NDArray[np.int16] = np.concatenate([block[:, column] for block in self._held])
        return joined[start - self._start : end - self._start]

    def _next_block(self) -> Block:
        block = next(self._blocks, None)
        if block is None:
            raise CorruptAudio(f"{self._name} became shorter while it was being transcribed")
        self._end += len(block)
        return block
