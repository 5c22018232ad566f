"""The written form of spoken Chinese and English: inverse text normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from asr_text.chinese import write_chinese
from asr_text.english import write_english
from asr_types.transcript import Segment, Transcript

_WRITERS: Mapping[str, Callable[[str], str]] = {
    "Chinese": write_chinese,
    "Cantonese": write_chinese,
    "English": write_english,
}


def written_form(text: str, language: str | None) -> str:
    """The text with numbers, money, percentages, dates and times in figures.

    `language` is the name that a transcript gives it: "Chinese" or "English". Text in any other language is
    returned unchanged, and so is everything that can be read in two ways.
    """
    write = _WRITERS.get(language or "")
    return write(text) if write else text


def with_written_forms(transcript: Transcript) -> Transcript:
    """The transcript with `written` set in every segment."""
    return replace(transcript, segments=tuple(_with_written_form(entry) for entry in transcript.segments))


def _with_written_form(segment: Segment) -> Segment:
    return replace(segment, written=written_form(segment.text, segment.language))
