"""A second try for segments whose text breaks off: the same audio in two halves.

A model that falls into a loop, or writes more than it may, has lost what comes after. It rarely does so
twice: each half begins anew and is shorter. What is still lost then stays marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.segments.segmentation import AudioSegment
from asr_client.transcript.transcript_warnings import FINISHED, SegmentResult, joined_at_seams
from asr_types.transcript import Segment, join_texts

_LEAST = 4 * SAMPLE_RATE  # shorter ones stay whole: a second or two alone tells the model too little
_BREAKS_OFF = ("repetition", "length")


def deserves_second_try(result: SegmentResult, cut: AudioSegment) -> bool:
    """Whether the text broke off in a segment that is long enough to be divided."""
    return result.segment.finish_reason in _BREAKS_OFF and cut.end - cut.start >= _LEAST


def in_one(
    whole: SegmentResult, cuts: Sequence[AudioSegment], halves: Sequence[SegmentResult]
) -> SegmentResult:
    """The segment with the text of its two `halves`, or as it was when both of them broke off, too."""
    if not any(half.segment.finish_reason in FINISHED for half in halves):
        return whole
    parts, _ = joined_at_seams([half.segment for half in halves], cuts)
    unfinished = [part.finish_reason for part in parts if part.finish_reason not in FINISHED]
    longest = max((part for part in parts if part.text), key=_length_s, default=parts[0])
    segment = replace(
        whole.segment,
        text=join_texts([part.text for part in parts if part.text]),
        language=longest.language,
        finish_reason=unfinished[0] if unfinished else "stop",
        confidence=_confidence(parts),
        num_tokens=sum(part.num_tokens for part in parts),
    )
    return replace(
        whole,
        segment=segment,
        latency_s=whole.latency_s + max(half.latency_s for half in halves),
        attempts=whole.attempts + sum(half.attempts for half in halves),
        context_leaked=any(half.context_leaked for half in halves),
    )


def _length_s(segment: Segment) -> float:
    return segment.end_s - segment.start_s


def _confidence(parts: Sequence[Segment]) -> float | None:
    """Of all tokens together: their mean log-probability, as for a single answer."""
    known = [(part.num_tokens, part.confidence) for part in parts if part.confidence]
    tokens = sum(count for count, _ in known)
    if not tokens:
        return None
    return math.exp(sum(count * math.log(confidence) for count, confidence in known) / tokens)
