"""Meeting record: a call or a meeting in Markdown, for reading."""

from __future__ import annotations

from collections.abc import Iterator

from asr_client.formats.line import clock, speaker_of, spoken_lines
from asr_client.formats.markdown import escaped
from asr_types.transcript import Transcript, TranscriptWarning


def to_markdown(transcript: Transcript) -> str:
    """Header, warnings, and one paragraph for each segment with text: time, speaker, text.

    A change of language has a line of its own. Texts and names are escaped, so that they show unchanged.
    """
    parts = [f"# {escaped(transcript.metadata.call_id or 'Call')}", _header(transcript)]
    if transcript.warnings:
        warnings = (f"- {_warning(transcript, warning)}" for warning in transcript.warnings)
        parts += ["## Warnings", "\n".join(warnings)]
    parts += ["## Record", *(_record(transcript) or ["No speech was recognised."])]
    return "\n\n".join(parts) + "\n"


def _header(transcript: Transcript) -> str:
    rows = [f"| {name} | {escaped(value)} |" for name, value in _facts(transcript) if value]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _facts(transcript: Transcript) -> Iterator[tuple[str, str]]:
    metadata = transcript.metadata
    yield "Recording", metadata.source
    yield "Started", metadata.started_at or ""
    yield "Duration", _moment(transcript.duration_s)
    yield "Speakers", _speakers(transcript)
    yield "Agent", metadata.agent_id or ""
    yield "Customer", metadata.customer_id or ""
    yield "Language", transcript.language or "no speech"
    yield "Model", transcript.model
    yield from metadata.attributes.items()


def _speakers(transcript: Transcript) -> str:
    names = [speaker_of(transcript, channel.index) for channel in transcript.channels]
    return ", ".join(name or "not told apart: one channel" for name in names)


def _warning(transcript: Transcript, warning: TranscriptWarning) -> str:
    place = []
    if warning.start_s is not None and warning.end_s is not None:
        place.append(f"{_moment(warning.start_s)}–{_moment(warning.end_s)}")
    if warning.channel is not None:
        place.append(speaker_of(transcript, warning.channel))
    where = " ".join(part for part in place if part)
    return (f"**{where}** " if where else "") + escaped(warning.message)


def _record(transcript: Transcript) -> list[str]:
    paragraphs = []
    language = transcript.language
    for line in spoken_lines(transcript):
        if line.language and line.language != language:
            language = line.language
            paragraphs.append(f"*{escaped(language)}:*")
        heading = f"{_moment(line.start_s)} {line.speaker}".rstrip()
        paragraphs.append(f"**{heading}** {escaped(line.text)}")
    return paragraphs


def _moment(seconds: float) -> str:
    return clock(seconds).partition(".")[0]
