"""Cuts a channel into segments for the server: all speech, at most 30 s each, long silence left out.

Speech spans get a margin, neighbours with a short pause between them share a segment, and speech that runs on
for too long is cut where it is quietest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_client.vad import FRAME, SAMPLE_RATE, Span, frame_energy_db

MAX_SEGMENT_S = 30.0
LEAST_MAX_S = 3.0  # leaves room for a choice between two pieces of at least a second

_MARGIN = int(0.15 * SAMPLE_RATE)
_SHARED_PAUSE = int(0.6 * SAMPLE_RATE)  # longer pauses separate segments, so that turns keep their times
_MIN_PIECE = SAMPLE_RATE  # a cut leaves no scrap shorter than 1 s
_QUIET_FRAMES = 20  # a cut wants 200 ms of quiet around it


@dataclass(frozen=True, slots=True)
class AudioSegment:
    """A stretch of one channel to be transcribed: samples [start, end) at 16 kHz."""

    channel: int
    start: int
    end: int

    @property
    def start_s(self) -> float:
        return self.start / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        return self.end / SAMPLE_RATE

    @property
    def duration_s(self) -> float:
        return (self.end - self.start) / SAMPLE_RATE


def cut_segments(
    pcm: NDArray[np.int16], speech: Sequence[Span], channel: int = 0, max_s: float = MAX_SEGMENT_S
) -> tuple[AudioSegment, ...]:
    """Segments of one channel in order: inside it, not overlapping, covering `speech`, none above `max_s`."""
    if max_s < LEAST_MAX_S:
        raise ValueError(f"max_s is {max_s}; expected {LEAST_MAX_S} or more")
    limit = int(max_s * SAMPLE_RATE)
    energy = _quietness(pcm)
    pieces = [piece for span in _with_margins(speech, len(pcm)) for piece in _split(span, energy, limit)]
    return tuple(AudioSegment(channel, span.start, span.end) for span in _joined(pieces, limit))


def _with_margins(speech: Sequence[Span], length: int) -> list[Span]:
    """Spans widened into the silence around them; two that are close meet in the middle."""
    widened = []
    for index, span in enumerate(speech):
        before = speech[index - 1].end if index else -span.start
        after = speech[index + 1].start if index + 1 < len(speech) else 2 * length - span.end
        start = span.start - min(_MARGIN, (span.start - before) // 2)
        end = span.end + min(_MARGIN, (after - span.end) // 2)
        widened.append(Span(start, end))
    return widened


def _split(span: Span, energy: NDArray[np.float32], limit: int) -> list[Span]:
    pieces = []
    start = span.start
    while span.end - start > limit:
        latest = min(start + limit, span.end - _MIN_PIECE)
        cut = _quietest(energy, start + limit // 2, latest)
        pieces.append(Span(start, cut))
        start = cut
    return [*pieces, Span(start, span.end)]


def _quietest(energy: NDArray[np.float32], first: int, last: int) -> int:
    """The sample in [first, last] at the start of the quietest frame; the latest of equals."""
    frames = energy[-(-first // FRAME) : last // FRAME + 1]
    return (-(-first // FRAME) + len(frames) - 1 - int(np.argmin(frames[::-1]))) * FRAME


def _joined(pieces: Sequence[Span], limit: int) -> list[Span]:
    joined: list[Span] = []
    for piece in pieces:
        near = joined and piece.start - joined[-1].end < _SHARED_PAUSE
        if near and piece.end - joined[-1].start <= limit:
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return joined


def _quietness(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """Energy around each frame boundary, in dB, so that a lone quiet frame inside a word does not win."""
    energy = frame_energy_db(pcm)
    if not energy.size:
        return energy
    padded = np.pad(energy, (_QUIET_FRAMES // 2, _QUIET_FRAMES - _QUIET_FRAMES // 2 - 1), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _QUIET_FRAMES)
    return np.asarray(windows.mean(axis=1), np.float32)
