"""Warnings of a transcript: what may be missing or wrong in it, so that nothing is lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asr_client.segments.first_pass import FirstPass
from asr_client.segments.segment_result import SegmentResult
from asr_client.speakers import Track, speech_outside_s
from asr_types.finish_reason import COMPLETE, FinishReason
from asr_types.transcript import Segment, TranscriptWarning
from asr_types.warning_code import WarningCode

_FINISH_WARNINGS: dict[str, tuple[WarningCode, str]] = {
    FinishReason.LENGTH: (
        WarningCode.TRUNCATED_TEXT,
        "the token limit was reached; text may be missing",
    ),
    FinishReason.REPETITION: (
        WarningCode.REPETITION,
        "a repetition loop was cut; text may be missing",
    ),
}
_CLIPPED_SHARE = 0.02


def recording_warnings(first_pass: FirstPass, tracks: Sequence[Track]) -> Iterator[TranscriptWarning]:
    """What is wrong with the recording, whatever is said in it."""
    if first_pass.truncated:
        yield TranscriptWarning(
            WarningCode.TRUNCATED_FILE, f"the file breaks off after {first_pass.duration_s:.2f} s"
        )
    if first_pass.merged_channels:
        yield TranscriptWarning(
            WarningCode.IDENTICAL_CHANNELS, "both channels carry the same signal; taken as one"
        )
    for index, channel in enumerate(first_pass.channels):
        share = channel.level.clipped_share
        if share > _CLIPPED_SHARE:
            yield TranscriptWarning(
                WarningCode.CLIPPED_AUDIO,
                f"the recording is overdriven ({share:.0%} of it at full scale); words may be wrong",
                channel=index,
            )
    if outside_s := speech_outside_s(tracks):
        yield TranscriptWarning(
            WarningCode.SPEECH_OUTSIDE_TURNS, f"{outside_s:.1f} s of speech lie in nobody's turn"
        )


def finish_warnings(segments: Sequence[Segment]) -> Iterator[TranscriptWarning]:
    """Segments whose text broke off, or ended in a way that this client does not know."""
    for segment in segments:
        if segment.finish_reason in COMPLETE:
            continue
        code, message = _FINISH_WARNINGS.get(
            segment.finish_reason,
            (WarningCode.UNKNOWN_FINISH_REASON, f"the server ended it with {segment.finish_reason!r}"),
        )
        yield TranscriptWarning(code, message, segment.start_s, segment.end_s, segment.channel)


def leak_warnings(results: Sequence[SegmentResult]) -> Iterator[TranscriptWarning]:
    """Segments of which the answer without context was taken."""
    for result in results:
        if result.context_leaked:
            yield TranscriptWarning(
                WarningCode.CONTEXT_LEAK,
                "context words that were not spoken were taken out",
                result.segment.start_s,
                result.segment.end_s,
                result.segment.channel,
            )
