"""A written dialogue, read as a transcript to try rules on.

    # a comment; the next two lines are optional
    language: English
    duration: 25.5
    0.0-2.5 agent: Hello, how may I help you?
    14.0-16.0 customer [Chinese]: 你好

Times are seconds and count as speech times. A line without an end lasts until the next line starts. Either
all lines have times or none has. Each role has a channel of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from asr_types.finish_reason import FinishReason
from asr_types.transcript import ROLES, CallMetadata, Channel, Segment, SpeechSpan, Transcript
from call_analysis.errors import TranscriptFileError

_LINE = re.compile(
    r"(?:(?P<start>\d+(?:\.\d+)?)(?:-(?P<end>\d+(?:\.\d+)?))?\s+)?"
    rf"(?P<role>{'|'.join(ROLES)})(?:\s+\[(?P<language>[^\]]+)\])?:\s*(?P<text>.*)"
)
_HEADER = re.compile(r"(?P<key>language|duration):\s*(?P<value>.+)")
_LAST_LINE_S = 3.0
_DEFAULT_LANGUAGE = "Chinese"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    role: str
    text: str
    language: str | None
    start_s: float | None
    end_s: float | None


def read_dialogue(path: Path) -> Transcript:
    """The dialogue in a file. Raises TranscriptFileError that names the line it cannot read."""
    try:
        return parse_dialogue(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise TranscriptFileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TranscriptFileError(f"{path}: not UTF-8 text") from error


def parse_dialogue(text: str, file: str) -> Transcript:
    """The dialogue in a text; errors name `file`."""
    header: dict[str, str] = {}
    lines: list[_Line] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if match := _LINE.fullmatch(stripped):
            lines.append(_line(number, match))
        elif not lines and (match := _HEADER.fullmatch(stripped)):
            header[match["key"]] = match["value"].strip()
        else:
            raise TranscriptFileError(
                f"{file}:{number}: got {stripped!r:.60}; allowed: 'START-END ROLE: text' with the roles "
                f"{', '.join(ROLES)}, before them 'language: NAME' and 'duration: SECONDS'"
            )
    segments = _segments(lines, header.get("language", _DEFAULT_LANGUAGE), file)
    return _transcript(segments, [line.role for line in lines], header, file)


def _line(number: int, match: re.Match[str]) -> _Line:
    start, end = match["start"], match["end"]
    return _Line(
        number=number,
        role=match["role"],
        text=match["text"].strip(),
        language=match["language"],
        start_s=None if start is None else float(start),
        end_s=None if end is None else float(end),
    )


def _segments(lines: list[_Line], language: str, file: str) -> list[Segment]:
    channels = list(dict.fromkeys(line.role for line in lines))
    timed = [line for line in lines if line.start_s is not None]
    if timed and len(timed) < len(lines):
        line = next(line for line in lines if line.start_s is None)
        raise TranscriptFileError(f"{file}:{line.number}: no time, but line {timed[0].number} has one")
    segments = []
    for index, line in enumerate(lines):
        following = lines[index + 1].start_s if index + 1 < len(lines) else None
        start_s, end_s = _times(line, following)
        if end_s < start_s:
            raise TranscriptFileError(f"{file}:{line.number}: runs from {start_s:g} to {end_s:g} s")
        tag = line.language or language
        channel = channels.index(line.role)
        segments.append(
            Segment(
                start_s, end_s, channel, line.text, None if tag == "none" else tag, FinishReason.STOP, None
            )
        )
    return segments


def _times(line: _Line, following_s: float | None) -> tuple[float, float]:
    if line.start_s is None:
        return 0.0, 0.0
    if line.end_s is not None:
        return line.start_s, line.end_s
    return line.start_s, line.start_s + _LAST_LINE_S if following_s is None else following_s


def _transcript(segments: list[Segment], roles: list[str], header: dict[str, str], file: str) -> Transcript:
    last_s = max((segment.end_s for segment in segments), default=0.0)
    try:
        duration_s = float(header.get("duration", last_s))
    except ValueError as error:
        raise TranscriptFileError(
            f"{file}: duration is {header['duration']!r}; a number is needed"
        ) from error
    language = header.get("language", _DEFAULT_LANGUAGE)
    return Transcript(
        metadata=CallMetadata(source=Path(file).name),
        duration_s=duration_s,
        sample_rate=16000,
        channels=tuple(
            Channel(channel, role, None, None, _spans(segments, channel))
            for channel, role in enumerate(dict.fromkeys(roles))
        ),
        segments=tuple(segments),
        language=None if language == "none" else language,
    )


def _spans(segments: list[Segment], channel: int) -> tuple[SpeechSpan, ...]:
    return tuple(
        SpeechSpan(segment.start_s, segment.end_s)
        for segment in segments
        if segment.channel == channel and segment.end_s > segment.start_s
    )
