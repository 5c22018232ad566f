"""What formats for reading share: one line for each segment that has text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asr_types.transcript import ROLE_UNKNOWN, Transcript


@dataclass(frozen=True, slots=True)
class Line:
    """`speaker` is empty where nobody can be named; `text` has no line breaks."""

    start_s: float
    end_s: float
    speaker: str
    text: str
    language: str | None


def spoken_lines(transcript: Transcript) -> Iterator[Line]:
    """In order of time, the written form where there is one; segments without text are left out."""
    for segment in transcript.segments:
        text = " ".join((segment.written or segment.text).split())
        if text:
            speaker = speaker_of(transcript, segment.channel)
            yield Line(segment.start_s, segment.end_s, speaker, text, segment.language)


def speaker_of(transcript: Transcript, channel: int) -> str:
    """The role; without one, the channel's number where there are several, counted from 1."""
    role = transcript.role_of(channel)
    if role != ROLE_UNKNOWN:
        return role
    return f"speaker {channel + 1}" if len(transcript.channels) > 1 else ""


def clock(seconds: float, separator: str = ".") -> str:
    """`01:02:03` + separator + milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
