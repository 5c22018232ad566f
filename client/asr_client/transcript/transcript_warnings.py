"""Puts recognised segments, channels and warnings together into a `Transcript`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.requests.wire import Answer
from asr_client.segments.first_pass import Survey
from asr_client.segments.repetition import without_repetitions
from asr_client.segments.segmentation import AudioSegment
from asr_client.segments.text_overlap import divide_at_seam, join_at_seam
from asr_client.speakers import Track, speech_outside_s
from asr_types.transcript import (
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
FINISHED = ("stop", "silence")
_CLIPPED_SHARE = 0.02


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


def describe_channels(survey: Survey, tracks: Sequence[Track]) -> tuple[Channel, ...]:
    """Level and speech spans of every speaker."""
    return tuple(
        Channel(
            track.channel,
            track.role,
            track.survey.level.rms_dbfs,
            track.survey.level.peak_dbfs,
            tuple(
                SpeechSpan(span.start / SAMPLE_RATE, min(span.end / SAMPLE_RATE, survey.duration_s))
                for span in track.speech.spans
            ),
        )
        for track in tracks
    )


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
    survey: Survey,
    tracks: Sequence[Track],
    cuts: Sequence[AudioSegment],
    results: Sequence[SegmentResult],
    metadata: CallMetadata,
) -> Transcript:
    """The transcript of a whole call from the results for all of `cuts`, whose order `index` counts."""
    in_order = sorted(results, key=lambda result: result.index)
    segments, seam_warnings = joined_at_seams([result.segment for result in in_order], cuts)
    return Transcript(
        metadata=named_call(metadata, survey.name),
        duration_s=survey.duration_s,
        sample_rate=survey.source_rate,
        channels=describe_channels(survey, tracks),
        segments=tuple(segments),
        language=vote_language(segments),
        model=next((result.model for result in results if result.model), ""),
        warnings=(
            *_recording_warnings(survey, tracks),
            *_segment_warnings(segments),
            *seam_warnings,
            *_leak_warnings(in_order),
        ),
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


def joined_at_seams(
    segments: Sequence[Segment], cuts: Sequence[AudioSegment]
) -> tuple[list[Segment], list[TranscriptWarning]]:
    """Take away what two segments of one speaker both say because both were sent it."""
    joined = list(segments)
    warnings = []
    last: dict[int, int] = {}
    for index, cut in enumerate(cuts):
        before = last.get(cut.channel)
        last[cut.channel] = index
        if before is None or not cut.seam:
            continue
        left, right = joined[before], joined[index]
        if not (left.text and right.text):
            continue
        texts = join_at_seam(left.text, right.text, (cut.lead + cuts[before].tail) / SAMPLE_RATE)
        if texts is None:
            shares = (
                cuts[before].tail / SAMPLE_RATE / cuts[before].sent_s,
                cut.lead / SAMPLE_RATE / cut.sent_s,
            )
            texts = divide_at_seam(left.text, right.text, *shares)
            warnings.append(_seam_warning(cut))
        joined[before], joined[index] = replace(left, text=texts[0]), replace(right, text=texts[1])
    return joined, warnings


def _seam_warning(cut: AudioSegment) -> TranscriptWarning:
    reach_s = cut.lead / SAMPLE_RATE
    return TranscriptWarning(
        "unaligned_seam",
        "speech without a pause was cut here, and the two texts do not meet; words may be missing or doubled",
        cut.start_s - reach_s,
        cut.start_s + reach_s,
        cut.channel,
    )


def _recording_warnings(survey: Survey, tracks: Sequence[Track]) -> list[TranscriptWarning]:
    warnings = []
    if survey.truncated:
        warnings.append(
            TranscriptWarning("truncated_file", f"the file breaks off after {survey.duration_s:.2f} s")
        )
    if survey.merged_channels:
        warnings.append(
            TranscriptWarning("identical_channels", "both channels carry the same signal; taken as one")
        )
    warnings += [
        TranscriptWarning(
            "clipped_audio",
            f"the recording is overdriven ({channel.level.clipped_share:.0%} of it at full scale); "
            "words may be wrong",
            channel=index,
        )
        for index, channel in enumerate(survey.channels)
        if channel.level.clipped_share > _CLIPPED_SHARE
    ]
    if outside_s := speech_outside_s(tracks):
        warnings.append(
            TranscriptWarning("speech_outside_turns", f"{outside_s:.1f} s of speech lie in nobody's turn")
        )
    return warnings


def _leak_warnings(results: Sequence[SegmentResult]) -> list[TranscriptWarning]:
    return [
        TranscriptWarning(
            "context_leak",
            "context words that were not spoken were taken out",
            result.segment.start_s,
            result.segment.end_s,
            result.segment.channel,
        )
        for result in results
        if result.context_leaked
    ]


def _segment_warnings(segments: Sequence[Segment]) -> list[TranscriptWarning]:
    warnings = []
    for segment in segments:
        if segment.finish_reason in FINISHED:
            continue
        code, message = _FINISH_WARNINGS.get(
            segment.finish_reason,
            ("unknown_finish_reason", f"the server ended it with {segment.finish_reason!r}"),
        )
        warnings.append(TranscriptWarning(code, message, segment.start_s, segment.end_s, segment.channel))
    return warnings
