"""Subtitles in SubRip and WebVTT: one for each segment with text.

Where two channels speak at once, subtitles overlap, which both formats allow.
"""

from __future__ import annotations

from asr_client.formats.line import Line, clock, spoken_lines
from asr_types.transcript import Transcript

_SHORTEST_S = 0.001
# SubRip has no escapes: players take <i> for italics and an arrow for times.
_SRT_LOOKALIKES = str.maketrans({"<": "‹", ">": "›"})
_VTT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def to_srt(transcript: Transcript) -> str:
    """SubRip, with the speaker in brackets."""
    return "\n".join(
        f"{number}\n{_times(line, ',')}\n{_srt_text(line)}\n"
        for number, line in enumerate(spoken_lines(transcript), start=1)
    )


def to_webvtt(transcript: Transcript) -> str:
    """WebVTT, with the speaker as a voice tag."""
    cues = (f"\n{_times(line, '.')}\n{_vtt_text(line)}\n" for line in spoken_lines(transcript))
    return "WEBVTT\n" + "".join(cues)


def _times(line: Line, separator: str) -> str:
    end_s = max(line.end_s, line.start_s + _SHORTEST_S)
    return f"{clock(line.start_s, separator)} --> {clock(end_s, separator)}"


def _srt_text(line: Line) -> str:
    speaker = f"[{line.speaker}] " if line.speaker else ""
    return speaker + line.text.translate(_SRT_LOOKALIKES)


def _vtt_text(line: Line) -> str:
    voice = f"<v {line.speaker}>" if line.speaker else ""
    return voice + line.text.translate(_VTT_ESCAPES)
