"""Segment result: one recognised segment, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass

from asr_client.requests.wire import Answer
from asr_client.segments.repetition import without_repetitions
from asr_client.segments.segmentation import AudioSegment
from asr_types.finish_reason import FinishReason
from asr_types.transcript import Segment


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One finished segment as `on_segment` gets it, in order of arrival.

    `index` counts the call's `total` segments in order of time and stays the segment's name for as long as
    the call lasts. `timings` are the server's stages in seconds; `latency_s` runs from the first attempt to
    the answer as this client saw it. Where speech had to be cut without a pause, the texts of neighbours
    still overlap here; the transcript joins them. `context_leaked`: the answer without context was taken.
    """

    index: int
    total: int
    segment: Segment
    timings: dict[str, float]
    latency_s: float
    attempts: int
    request_id: str
    model: str
    context_leaked: bool = False


def recognised_segment(audio: AudioSegment, answer: Answer, duration_s: float) -> Segment:
    """The transcript's segment for one answer.

    It ends at `duration_s` at the latest: resampling may add a sample. A loop that the engine's guard let
    through is cut here, and the segment marked like one that the guard cut.
    """
    text = without_repetitions(answer.text)
    return Segment(
        start_s=audio.start_s,
        end_s=min(audio.end_s, duration_s),
        channel=audio.channel,
        text=text,
        language=answer.language,
        finish_reason=answer.finish_reason if text == answer.text else FinishReason.REPETITION,
        confidence=answer.confidence,
        num_tokens=answer.num_tokens,
    )
