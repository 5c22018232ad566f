"""Table of segments as tab-separated values, for spreadsheets and data frames."""

from __future__ import annotations

from asr_types.transcript import Segment, Transcript

_COLUMNS: tuple[str, ...] = (
    "start_s", "end_s", "channel", "role", "language", "confidence", "finish_reason", "text", "written",
)  # fmt: skip


def to_tsv(transcript: Transcript) -> str:
    """A header and one row for each segment with text. Unknown values are empty cells."""
    rows = [_COLUMNS]
    rows += [_row(transcript, segment) for segment in transcript.segments if segment.text.strip()]
    return "".join("\t".join(row) + "\n" for row in rows)


def _row(transcript: Transcript, segment: Segment) -> tuple[str, ...]:
    cells = (
        f"{segment.start_s:.3f}",
        f"{segment.end_s:.3f}",
        str(segment.channel),
        transcript.role_of(segment.channel),
        segment.language or "",
        "" if segment.confidence is None else f"{segment.confidence:.4f}",
        segment.finish_reason,
        segment.text,
        segment.written or "",
    )
    return tuple(" ".join(cell.split()) for cell in cells)  # a tab or a line break would end the cell
