"""Re-segmentation: a segment whose text broke off is transcribed again in two halves.

A model that falls into a loop, or writes more than it may, loses what comes after. It rarely does so twice:
each half is a fresh start on less audio. Where a half breaks off too, the segment keeps its warning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.segments.segment_result import SegmentResult
from asr_client.segments.segmentation import AudioSegment
from asr_client.transcript.overlap_stitching import stitch_overlaps
from asr_types.finish_reason import COMPLETE, FinishReason
from asr_types.transcript import Segment, join_texts

_SHORTEST = 4 * SAMPLE_RATE  # a half of a shorter one would tell the model too little
_BREAKS_OFF = (FinishReason.REPETITION, FinishReason.LENGTH)


def deserves_halving(result: SegmentResult, audio: AudioSegment) -> bool:
    """Whether the text broke off in a segment that is long enough to be halved."""
    return result.segment.finish_reason in _BREAKS_OFF and audio.end - audio.start >= _SHORTEST


def merged_halves(
    whole: SegmentResult, audio: Sequence[AudioSegment], halves: Sequence[SegmentResult]
) -> SegmentResult:
    """The result of `whole` with the text of its two halves, or unchanged if both of them broke off too.

    `audio` says what was sent for each half.
    """
    if not any(half.segment.finish_reason in COMPLETE for half in halves):
        return whole
    parts, _ = stitch_overlaps([half.segment for half in halves], audio)
    return replace(
        whole,
        segment=_merged(whole.segment, parts),
        latency_s=whole.latency_s + max(half.latency_s for half in halves),
        attempts=whole.attempts + sum(half.attempts for half in halves),
        context_leaked=any(half.context_leaked for half in halves),
    )


def _merged(whole: Segment, parts: Sequence[Segment]) -> Segment:
    incomplete = [part.finish_reason for part in parts if part.finish_reason not in COMPLETE]
    longest = max((part for part in parts if part.text), key=_length_s, default=parts[0])
    return replace(
        whole,
        text=join_texts([part.text for part in parts if part.text]),
        language=longest.language,
        finish_reason=incomplete[0] if incomplete else FinishReason.STOP,
        confidence=_confidence(parts),
        num_tokens=sum(part.num_tokens for part in parts),
    )


def _length_s(segment: Segment) -> float:
    return segment.end_s - segment.start_s


def _confidence(parts: Sequence[Segment]) -> float | None:
    """From the mean log-probability of all tokens together, as for a single answer."""
    known = [(part.num_tokens, part.confidence) for part in parts if part.confidence]
    tokens = sum(count for count, _ in known)
    if not tokens:
        return None
    return math.exp(sum(count * math.log(confidence) for count, confidence in known) / tokens)
