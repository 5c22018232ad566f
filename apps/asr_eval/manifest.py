"""Manifest of a test set: CSV with a header, or JSON Lines.

Columns: `audio` (a path, relative to the manifest), `text`, `language` (code or name), and optionally
`condition` (any word to group by), `channel` (from 0; the text is that of this channel alone) and `terms`
(names and terms to expect: a list, or text with `|` between them). An empty text means that nothing is said;
then `language` is empty too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asr_client.errors import InvalidOption
from asr_client.languages import language_name
from asr_eval.errors import BadTestSet
from asr_eval.utterance import Utterance
from asr_types.csv_rows import BadCsv, csv_rows
from asr_types.json_lines import json_lines

COLUMNS = ("audio", "text", "language", "condition", "channel", "terms")


def read_manifest(path: Path) -> list[Utterance]:
    """All rows in order. Raises BadTestSet that names the first row that cannot be used."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTestSet(f"{path} cannot be read: {error}") from error
    rows = _csv_rows(text, path) if path.suffix.lower() == ".csv" else _json_rows(text, path)
    utterances: dict[tuple[Path, int | None], Utterance] = {}
    for number, row in rows:
        try:
            utterance = _utterance(row, path.parent)
        except ValueError as error:
            raise BadTestSet(f"{path}:{number}: {error}") from error
        if utterances.setdefault((utterance.audio, utterance.channel), utterance) is not utterance:
            raise BadTestSet(f"{path}:{number}: {utterance.name} is listed twice")
    if not utterances:
        raise BadTestSet(f"{path} lists nothing")
    return list(utterances.values())


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        rows = csv_rows(text)
        _, header = next(rows, (0, []))
        for line, values in rows:
            if len(values) > len(header):
                raise BadTestSet(f"{path}:{line}: more cells than the header has")
            if values:
                yield line, dict.fromkeys(header) | dict(zip(header, values, strict=False))
    except BadCsv as error:
        raise BadTestSet(f"{path}:{error.line}: {error}") from error


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line in json_lines(text):
        if line.error is not None:
            raise BadTestSet(f"{path}:{line.number}: not JSON: {line.error}") from line.error
        if not isinstance(line.value, dict):
            raise BadTestSet(f"{path}:{line.number}: {line.text!r:.60}; expected an object")
        yield line.number, line.value


def _utterance(row: Mapping[str, Any], folder: Path) -> Utterance:
    unknown = sorted(set(row) - set(COLUMNS))
    if unknown:
        raise ValueError(f"unknown column {unknown[0]!r}; allowed: {', '.join(COLUMNS)}")
    audio = folder / _text(row, "audio")
    if not audio.is_file():
        raise ValueError(f"{audio} does not exist")
    text, language = _text(row, "text", ""), _text(row, "language", "")
    return Utterance(
        audio,
        text,
        _language(language, text),
        _text(row, "condition", ""),
        _channel(row.get("channel")),
        _terms(row.get("terms")),
    )


def _language(language: str, text: str) -> str | None:
    if not text:
        if language:
            raise ValueError(f"language is {language!r}; expected none without a text")
        return None
    try:
        return language_name(language)
    except InvalidOption as error:
        raise ValueError(str(error)) from error


def _text(row: Mapping[str, Any], column: str, default: str | None = None) -> str:
    value = row.get(column)
    value = default if value is None else value
    if not isinstance(value, str) or (default is None and not value):
        raise ValueError(f"{column} is {value!r:.60}; expected text")
    return value.strip()


def _channel(value: object) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if type(value) is int and value >= 0:
        return value
    raise ValueError(f"channel is {value!r}; expected a number from 0")


def _terms(value: object) -> tuple[str, ...]:
    terms = value.split("|") if isinstance(value, str) else value or []
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise ValueError(f"terms are {value!r:.60}; expected texts")
    return tuple(dict.fromkeys(term.strip() for term in terms if term.strip()))
