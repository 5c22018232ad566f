"""Formats of a transcript as a file, for people or programs. `FORMATS` holds all of them by name.

JSON and TSV carry the spoken and the written form of a segment (`Segment.written`). The other formats show
the written form where there is one, else the spoken form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asr_client.formats.document import to_json
from asr_client.formats.meeting_record import to_markdown
from asr_client.formats.plain_text import to_text
from asr_client.formats.subtitles import to_srt, to_webvtt
from asr_client.formats.table import to_tsv
from asr_types.transcript import Transcript

__all__ = ["FORMATS", "Format", "to_json", "to_markdown", "to_srt", "to_text", "to_tsv", "to_webvtt"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of a transcript. `extension` has no dot; files are written in UTF-8."""

    extension: str
    media_type: str
    render: Callable[[Transcript], str]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "text": Format("txt", "text/plain", to_text),
        "json": Format("json", "application/json", to_json),
        "srt": Format("srt", "application/x-subrip", to_srt),
        "vtt": Format("vtt", "text/vtt", to_webvtt),
        "markdown": Format("md", "text/markdown", to_markdown),
        "tsv": Format("tsv", "text/tab-separated-values", to_tsv),
    }
)
