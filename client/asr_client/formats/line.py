"""Lines of a transcript for reading: one for each segment that has text. Several formats share them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asr_types.transcript import ROLE_UNKNOWN, Transcript


@dataclass(frozen=True, slots=True)
class Line:
    """`speaker` is empty where no role is known and there is only one channel; `text` has no line breaks."""

    start_s: float
    end_s: float
    speaker: str
    text: str
    language: str | None


def spoken_lines(transcript: Transcript) -> Iterator[Line]:
    """Lines in order of time, with the written form where there is one. Segments without text have none."""
    for segment in transcript.segments:
        text = " ".join((segment.written or segment.text).split())
        if text:
            speaker = speaker_of(transcript, segment.channel)
            yield Line(segment.start_s, segment.end_s, speaker, text, segment.language)


def speaker_of(transcript: Transcript, channel: int) -> str:
    """The role; without one, the number of the channel, from 1; empty for a single channel without a role."""
    role = transcript.role_of(channel)
    if role != ROLE_UNKNOWN:
        return role
    return f"speaker {channel + 1}" if len(transcript.channels) > 1 else ""


def clock(seconds: float, separator: str = ".") -> str:
    """`01:02:03` + separator + milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
