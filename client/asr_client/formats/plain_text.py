"""Plain text: lines with times, for reading at a terminal."""

from __future__ import annotations

from asr_client.formats.line import clock, spoken_lines
from asr_types.transcript import Transcript


def to_text(transcript: Transcript) -> str:
    """One line for each segment with text: `[00:01:02.5] agent: …`; no name for an unknown speaker."""
    lines = []
    for line in spoken_lines(transcript):
        speaker = f"{line.speaker}: " if line.speaker else ""
        lines.append(f"[{clock(line.start_s)[:-2]}] {speaker}{line.text}\n")
    return "".join(lines)
