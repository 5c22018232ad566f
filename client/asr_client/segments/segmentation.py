"""Segmentation of a channel: which stretches are sent. All speech, at most 30 s each, without long silence.

Stretches of speech get a margin, neighbours with a short pause between them share a segment, and speech that
goes on for too long is cut where it is quietest. If even that place lies in the middle of speech, the
segments on both sides overlap, and `overlap_stitching` joins their texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.energy import FRAME, SAMPLE_RATE
from asr_client.audio.vad import Span, Speech

MAX_SEGMENT_S = 30.0
LEAST_MAX_S = 3.0  # two pieces of at least a second, and room for the cut between them

_MARGIN = int(0.15 * SAMPLE_RATE)
_SHARED_PAUSE = int(0.8 * SAMPLE_RATE)  # a longer pause separates segments, which keeps the times of turns
_MIN_PIECE = SAMPLE_RATE  # a cut leaves no scrap shorter than 1 s
_QUIET_FRAMES = 20  # a cut wants 200 ms of quiet around it
_PAUSE = int(0.1 * SAMPLE_RATE)  # to either side of a cut that needs no overlap
_OVERLAP = int(2.0 * SAMPLE_RATE)  # beyond a cut in the middle of speech, to either side


@dataclass(frozen=True, slots=True)
class AudioSegment:
    """A stretch of one speaker to be transcribed: samples [start, end) at 16 kHz.

    `column` is the recording's channel with these samples, `channel` the transcript's. The request also
    carries `lead` samples before `start` and `tail` samples after `end`. They are silence; at a cut in the
    middle of speech they are a part of the neighbouring segment. `overlaps_previous` says that such a cut is
    at `start`.
    """

    channel: int
    start: int
    end: int
    column: int = 0
    lead: int = 0
    tail: int = 0
    overlaps_previous: bool = False

    @property
    def sent_from(self) -> int:
        """First sample that is sent."""
        return self.start - self.lead

    @property
    def sent_to(self) -> int:
        """End of what is sent."""
        return self.end + self.tail

    @property
    def start_s(self) -> float:
        return self.start / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        return self.end / SAMPLE_RATE

    @property
    def sent_s(self) -> float:
        """Seconds that are sent, lead and tail included."""
        return (self.sent_to - self.sent_from) / SAMPLE_RATE


def cut_segments(
    energy: NDArray[np.float32],
    speech: Speech,
    samples: int,
    channel: int = 0,
    column: int = 0,
    max_s: float = MAX_SEGMENT_S,
) -> tuple[AudioSegment, ...]:
    """Segments of a channel of `samples` with this `energy`, in dB for each 10 ms.

    They are in order and cover all of `speech`. Only their leads and tails overlap or lie beyond it, inside
    the channel. None sends more than `max_s`.
    """
    if max_s < LEAST_MAX_S:
        raise ValueError(f"max_s is {max_s}; expected {LEAST_MAX_S} or more")
    limit = int(max_s * SAMPLE_RATE)
    quietness = _quietness(energy)
    pieces = [
        piece
        for span in _with_margins(speech.spans, samples)
        for piece in _split(replace(span, channel=channel, column=column), quietness, speech, limit)
    ]
    return tuple(_joined(pieces, limit))


def halves(
    whole: AudioSegment, energy: NDArray[np.float32], speech: Speech
) -> tuple[AudioSegment, AudioSegment]:
    """A segment cut in two where its middle third is quietest. Neither half sends more than the whole."""
    third = (whole.end - whole.start) // 3
    cut = _quietest(_quietness(energy), whole.start + third, whole.end - third)
    return _cut_at(cut, whole, min(_OVERLAP, third), speech)


def _cut_at(cut: int, whole: AudioSegment, overlap: int, speech: Speech) -> tuple[AudioSegment, AudioSegment]:
    """Both sides of a cut. They overlap where it lies in the middle of speech."""
    in_speech = not speech.is_pause(cut - _PAUSE, cut + _PAUSE)
    beyond = min(overlap, whole.end - cut) if in_speech else 0
    left = replace(whole, end=cut, tail=beyond)
    return left, replace(whole, start=cut, lead=overlap if in_speech else 0, overlaps_previous=in_speech)


def _with_margins(speech: Sequence[Span], length: int) -> list[AudioSegment]:
    """Each stretch with some of the silence around it. Two that are close share the silence between them."""
    widened = []
    for index, span in enumerate(speech):
        before = speech[index - 1].end if index else -span.start
        after = speech[index + 1].start if index + 1 < len(speech) else 2 * length - span.end
        lead = max(0, min(_MARGIN, (span.start - before) // 2))
        tail = max(0, min(_MARGIN, (after - span.end) // 2))
        widened.append(AudioSegment(0, span.start, span.end, lead=lead, tail=tail))
    return widened


def _split(
    whole: AudioSegment, quietness: NDArray[np.float32], speech: Speech, limit: int
) -> list[AudioSegment]:
    if whole.sent_to - whole.sent_from <= limit:
        return [whole]
    overlap = min(_OVERLAP, limit // 5)
    longest = limit - 2 * overlap
    pieces = []
    rest = whole
    while rest.end - rest.start > longest:
        latest = min(rest.start + longest, rest.end - min(_MIN_PIECE, longest // 2))
        cut = _quietest(quietness, rest.start + longest // 2, latest)
        piece, rest = _cut_at(cut, rest, overlap, speech)
        pieces.append(piece)
    return [*pieces, rest]


def _quietest(quietness: NDArray[np.float32], first: int, last: int) -> int:
    """The sample in [first, last] at the start of the quietest frame; the latest of equals."""
    frames = quietness[-(-first // FRAME) : last // FRAME + 1]
    return (-(-first // FRAME) + len(frames) - 1 - int(np.argmin(frames[::-1]))) * FRAME


def _joined(pieces: Sequence[AudioSegment], limit: int) -> list[AudioSegment]:
    joined: list[AudioSegment] = []
    for piece in pieces:
        if joined and piece.start - joined[-1].end < _SHARED_PAUSE:
            together = replace(joined[-1], end=piece.end, tail=piece.tail)
            if together.sent_to - together.sent_from <= limit:
                joined[-1] = together
                continue
        joined.append(piece)
    return joined


def _quietness(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean energy of the frames around each frame, in dB: a quiet frame inside a word is no place to cut."""
    if not energy.size:
        return energy
    padded = np.pad(energy, (_QUIET_FRAMES // 2, _QUIET_FRAMES - _QUIET_FRAMES // 2 - 1), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _QUIET_FRAMES)
    return np.asarray(windows.mean(axis=1), np.float32)
