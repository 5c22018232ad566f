"""Overlap stitching: takes away what neighbouring segments both say because both were sent it.

Speech that is cut without a pause is sent with an overlap on both sides of the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.segments.segmentation import AudioSegment
from asr_client.transcript.text_overlap import split_at_shared_words, split_by_time
from asr_types.transcript import Segment, TranscriptWarning
from asr_types.warning_code import WarningCode


def stitch_overlaps(
    segments: Sequence[Segment], audio: Sequence[AudioSegment]
) -> tuple[list[Segment], list[TranscriptWarning]]:
    """The segments without doubled words, and a warning for each cut where the two texts share none.

    `audio` says what was sent for each of `segments`.
    """
    stitched = list(segments)
    warnings = []
    for left, right in _overlapping(audio):
        left_text, right_text = stitched[left].text, stitched[right].text
        if not (left_text and right_text):
            continue
        overlap_s = (audio[right].lead + audio[left].tail) / SAMPLE_RATE
        texts = split_at_shared_words(left_text, right_text, overlap_s)
        if texts is None:
            texts = split_by_time(left_text, right_text, _tail_share(audio[left]), _lead_share(audio[right]))
            warnings.append(_unaligned(audio[right]))
        stitched[left] = replace(stitched[left], text=texts[0])
        stitched[right] = replace(stitched[right], text=texts[1])
    return stitched, warnings


def _overlapping(audio: Sequence[AudioSegment]) -> Iterator[tuple[int, int]]:
    """Indices of neighbours in one channel between which speech was cut."""
    latest: dict[int, int] = {}
    for index, segment in enumerate(audio):
        if segment.overlaps_previous and segment.channel in latest:
            yield latest[segment.channel], index
        latest[segment.channel] = index


def _tail_share(audio: AudioSegment) -> float:
    return audio.tail / SAMPLE_RATE / audio.sent_s


def _lead_share(audio: AudioSegment) -> float:
    return audio.lead / SAMPLE_RATE / audio.sent_s


def _unaligned(right: AudioSegment) -> TranscriptWarning:
    reach_s = right.lead / SAMPLE_RATE
    return TranscriptWarning(
        WarningCode.UNALIGNED_SEAM,
        "speech without a pause was cut here, and the two texts do not meet; words may be missing or doubled",
        right.start_s - reach_s,
        right.start_s + reach_s,
        right.channel,
    )
