"""A transcript as text, as SubRip subtitles, or as JSON."""

from __future__ import annotations

import json

from asr_types.transcript import ROLE_UNKNOWN, Segment, Transcript

_SHORTEST_SUBTITLE_S = 0.001


def to_text(transcript: Transcript) -> str:
    """One line for each segment with text: `[00:01:02.5] agent: …`; no name for an unknown speaker."""
    lines = []
    for segment in transcript.segments:
        role = transcript.role_of(segment.channel)
        speaker = "" if role == ROLE_UNKNOWN else f"{role}: "
        if text := " ".join(segment.text.split()):
            lines.append(f"[{_clock(segment.start_s, '.')[:-2]}] {speaker}{text}\n")
    return "".join(lines)


def to_json(transcript: Transcript, indent: int | None = 2) -> str:
    """The document of `transcript.schema.json`, one line for `indent=None`."""
    return json.dumps(transcript.to_dict(), ensure_ascii=False, indent=indent) + "\n"


def to_srt(transcript: Transcript) -> str:
    """One subtitle for each segment with text. Two channels may speak at once: then subtitles overlap."""
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    return "\n".join(
        _subtitle(number, segment, transcript.role_of(segment.channel))
        for number, segment in enumerate(spoken, start=1)
    )


def _subtitle(number: int, segment: Segment, role: str) -> str:
    speaker = "" if role == ROLE_UNKNOWN else f"[{role}] "
    end_s = max(segment.end_s, segment.start_s + _SHORTEST_SUBTITLE_S)
    # A blank line would end the subtitle, an arrow be taken for times.
    text = " ".join(segment.text.split()).replace("-->", "→")
    return f"{number}\n{_clock(segment.start_s, ',')} --> {_clock(end_s, ',')}\n{speaker}{text}\n"


def _clock(seconds: float, separator: str) -> str:
    """`01:02:03` + separator + milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
