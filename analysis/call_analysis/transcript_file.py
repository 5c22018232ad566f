"""A file of transcripts: one document, a list of documents, or one document a line (JSON Lines)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asr_types.json_lines import json_lines
from asr_types.transcript import Transcript, transcript_from_dict
from call_analysis.errors import TranscriptFileError


def read_transcripts(path: Path) -> list[Transcript]:
    """All transcripts of a file. Raises TranscriptFileError where one of them cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptFileError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_transcripts(content, str(path))


def parse_transcripts(content: bytes, name: str) -> list[Transcript]:
    """All transcripts in the bytes of a file; errors name `name`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TranscriptFileError(f"{name}: not UTF-8 text") from error
    if not text.strip():
        raise TranscriptFileError(f"{name}: the file is empty")
    documents = _documents(text, name)
    if not documents:
        raise TranscriptFileError(f"{name}: the list is empty")
    transcripts = []
    for number, document in enumerate(documents, start=1):
        try:
            transcripts.append(transcript_from_dict(document))
        except ValueError as error:
            which = f" {number}" if len(documents) > 1 else ""
            raise TranscriptFileError(f"{name}: document{which}: {error}") from error
    return transcripts


def _documents(text: str, name: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except ValueError as error:
        return _json_lines(text, name, error)
    except RecursionError as error:
        raise TranscriptFileError(f"{name}: nested too deeply") from error
    return whole if isinstance(whole, list) else [whole]


def _json_lines(text: str, name: str, error: ValueError) -> list[Any]:
    """One document a line. Where that fails too, the clearer error of the text as a whole is raised."""
    try:
        lines = list(json_lines(text))
    except RecursionError:
        raise TranscriptFileError(f"{name}: not JSON: {error}") from error
    if any(line.error is not None for line in lines):
        raise TranscriptFileError(f"{name}: not JSON: {error}") from error
    return [line.value for line in lines]
