"""Puts recognised segments, channels and warnings together into a `Transcript`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr_client.errors import InvalidOption
from asr_client.recording import SAMPLE_RATE, Recording
from asr_client.segmentation import AudioSegment
from asr_client.vad import Span, measure_level
from asr_client.wire import Answer
from asr_text.repetition import without_repetitions
from asr_types.transcript import (
    ROLE_AGENT,
    ROLE_CUSTOMER,
    ROLE_UNKNOWN,
    ROLES,
    CallMetadata,
    Channel,
    Segment,
    SpeechSpan,
    Transcript,
    TranscriptWarning,
)

_FINISH_WARNINGS = {
    "length": ("truncated_text", "the token limit was reached; text may be missing"),
    "repetition": ("repetition", "a repetition loop was cut; text may be missing"),
}
_FINISHED = ("stop", "silence")


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One finished segment as `on_segment` gets it, in order of arrival.

    `index` counts the call's `total` segments in order of time and stays the segment's name for as long as
    the call lasts. `timings` are the server's stages in seconds; `latency_s` runs from the first attempt to
    the answer as this client saw it.
    """

    index: int
    total: int
    segment: Segment
    timings: dict[str, float]
    latency_s: float
    attempts: int
    request_id: str
    model: str


def channel_roles(roles: Sequence[str] | None, channels: int) -> tuple[str, ...]:
    """Role of each channel. A single channel may hold several speakers, so it is `unknown` unless one role
    is given for it. Raises InvalidOption."""
    unknown = [role for role in roles or () if role not in ROLES]
    if unknown:
        raise InvalidOption(f"role is {unknown[0]!r}; expected one of {', '.join(ROLES)}")
    if roles is not None and len(roles) == channels:
        return tuple(roles)
    if channels == 1:
        return (ROLE_UNKNOWN,)
    if roles is not None:
        raise InvalidOption(f"{len(roles)} roles for {channels} channels; expected one for each")
    return (ROLE_AGENT, ROLE_CUSTOMER) if channels == 2 else (ROLE_UNKNOWN,) * channels


def describe_channels(
    recording: Recording, speech: Sequence[Sequence[Span]], roles: Sequence[str]
) -> tuple[Channel, ...]:
    """Level and speech spans of every channel."""
    channels = []
    for index, (pcm, spans, role) in enumerate(zip(recording.pcm, speech, roles, strict=True)):
        level = measure_level(pcm)
        times = tuple(
            SpeechSpan(span.start / SAMPLE_RATE, min(span.end / SAMPLE_RATE, recording.duration_s))
            for span in spans
        )
        channels.append(Channel(index, role, level.rms_dbfs, level.peak_dbfs, times))
    return tuple(channels)


def recognised(cut: AudioSegment, answer: Answer, duration_s: float) -> Segment:
    """The transcript's segment for one answer. Resampling may end a sample late: `duration_s` bounds it.

    A loop that the engine's guard let through is cut here and marked like one that the guard cut.
    """
    text = without_repetitions(answer.text)
    return Segment(
        start_s=cut.start_s,
        end_s=min(cut.end_s, duration_s),
        channel=cut.channel,
        text=text,
        language=answer.language,
        finish_reason=answer.finish_reason if text == answer.text else "repetition",
        confidence=answer.confidence,
        num_tokens=answer.num_tokens,
    )


def assemble(
    recording: Recording,
    channels: tuple[Channel, ...],
    results: Sequence[SegmentResult],
    metadata: CallMetadata,
) -> Transcript:
    """The transcript of a whole call."""
    segments = tuple(result.segment for result in sorted(results, key=lambda result: result.index))
    return Transcript(
        metadata=named_call(metadata, recording.name),
        duration_s=recording.duration_s,
        sample_rate=recording.source_rate,
        channels=channels,
        segments=segments,
        language=vote_language(segments),
        model=next((result.model for result in results if result.model), ""),
        warnings=(*_recording_warnings(recording), *_segment_warnings(segments)),
    )


def named_call(metadata: CallMetadata, name: str) -> CallMetadata:
    """A call id that nobody gave is the file's name without its ending."""
    stem = name.rpartition(".")[0] or name
    return replace(metadata, call_id=metadata.call_id or stem, source=metadata.source or name)


def vote_language(segments: Sequence[Segment]) -> str | None:
    """The language spoken longest; the earlier one of equals; None without speech."""
    spoken_s: dict[str, float] = defaultdict(float)
    for segment in segments:
        if segment.language and segment.text:
            spoken_s[segment.language] += segment.end_s - segment.start_s
    return max(spoken_s, key=lambda language: spoken_s[language], default=None)


def _recording_warnings(recording: Recording) -> list[TranscriptWarning]:
    warnings = []
    if recording.truncated:
        warnings.append(
            TranscriptWarning("truncated_file", f"the file breaks off after {recording.duration_s:.2f} s")
        )
    if recording.merged_channels:
        warnings.append(
            TranscriptWarning("identical_channels", "both channels carry the same signal; taken as one")
        )
    return warnings


def _segment_warnings(segments: Sequence[Segment]) -> list[TranscriptWarning]:
    warnings = []
    for segment in segments:
        if segment.finish_reason in _FINISHED:
            continue
        code, message = _FINISH_WARNINGS.get(
            segment.finish_reason,
            ("unknown_finish_reason", f"the server ended it with {segment.finish_reason!r}"),
        )
        warnings.append(TranscriptWarning(code, message, segment.start_s, segment.end_s, segment.channel))
    return warnings
