"""Manifest of a batch: one row for each recording, as CSV, TSV or JSON Lines.

The column `audio` is required: a URL, or a path that is absolute or relative to the manifest. The columns
`id`, `language`, `context`, `roles`, `agent_id`, `customer_id` and `started_at` are optional. Every other
column becomes an attribute of the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec

from asr_batch.errors import ManifestInvalid
from asr_batch.task import Task, check_id, first_few, id_of_path
from asr_client.errors import InvalidOption
from asr_client.requests.query_options import QueryOptions
from asr_types.csv_rows import BadCsv, csv_rows
from asr_types.json_lines import json_lines
from asr_types.roles import parse_channel_roles
from asr_types.timestamp import is_iso_8601
from asr_types.transcript import CallMetadata

ENDINGS = (".csv", ".tsv", ".jsonl")

_KNOWN = {"audio", "id", "language", "context", "roles", "agent_id", "customer_id", "started_at"}

_Row = tuple[int, dict[str, str]]  # line number, values


def is_manifest(source: str) -> bool:
    return source.lower().endswith(ENDINGS)


def read_manifest(source: str) -> list[Task]:
    """All rows in order. Raises ManifestInvalid that names the lines at fault, the first five of them."""
    text = _text(source)
    rows = list(_json_rows(source, text) if source.lower().endswith(".jsonl") else _table_rows(source, text))
    if not rows:
        raise ManifestInvalid(f"{source} has no rows")
    tasks, complaints = [], []
    for line, row in rows:
        try:
            tasks.append(_task(source, row))
        except (ValueError, InvalidOption) as error:
            complaints.append(f"line {line}: {error}")
    if complaints:
        raise ManifestInvalid(f"{source}: {first_few(complaints)}")
    _check_duplicates(source, rows, tasks)
    return tasks


def _text(source: str) -> str:
    try:
        with fsspec.open(source, "rb") as file:
            return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ManifestInvalid(f"{source} is not UTF-8 (byte {error.start})") from error
    except (OSError, ValueError, ImportError) as error:  # ImportError: the package for that storage is absent
        raise ManifestInvalid(f"{source} cannot be read: {_reason(error)}") from error


def _table_rows(source: str, text: str) -> Iterator[_Row]:
    try:
        rows = csv_rows(text, separator="\t" if source.lower().endswith(".tsv") else ",")
        header = [name.strip() for name in next(rows, (0, []))[1]]
        _check_header(source, header)
        for line, values in rows:
            if not values:
                continue
            if len(values) != len(header):
                raise ManifestInvalid(
                    f"{source}, line {line}: {len(values)} values for {len(header)} columns"
                )
            yield line, dict(zip(header, values, strict=True))
    except BadCsv as error:
        raise ManifestInvalid(f"{source}, line {error.line}: {error}") from error


def _check_header(source: str, header: list[str]) -> None:
    if "audio" not in header:
        raise ManifestInvalid(f"{source} has no column 'audio'; the first line is {header}")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated or "" in header:
        what = f"the column {repeated[0]!r} twice" if repeated else "a column without a name"
        raise ManifestInvalid(f"{source} has {what}")


def _json_rows(source: str, text: str) -> Iterator[_Row]:
    for line in json_lines(text):
        if line.error is not None:
            raise ManifestInvalid(f"{source}, line {line.number}: {line.error}") from line.error
        if not isinstance(line.value, dict):
            raise ManifestInvalid(f"{source}, line {line.number}: {line.text:.40} is not an object")
        values = {name: _as_text(value) for name, value in line.value.items() if value is not None}
        yield line.number, values


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _task(source: str, row: dict[str, str]) -> Task:
    values = {name: value.strip() for name, value in row.items()}
    audio = values.get("audio", "")
    if not audio:
        raise ValueError("audio is missing")
    task_id = values.get("id") or id_of_path(audio)
    check_id(task_id)
    language, context = values.get("language") or None, values.get("context") or None
    QueryOptions.checked(language, context or "", None)
    return Task(
        id=task_id,
        audio=_located(source, audio),
        metadata=CallMetadata(
            call_id=task_id,
            source=audio,
            agent_id=values.get("agent_id") or None,
            customer_id=values.get("customer_id") or None,
            started_at=_timestamp(values.get("started_at")),
            attributes={name: value for name, value in values.items() if name not in _KNOWN and value},
        ),
        language=language,
        context=context,
        roles=parse_channel_roles(values["roles"]) if values.get("roles") else None,
    )


def _located(source: str, audio: str) -> str:
    """A relative path is relative to the manifest."""
    if "://" in audio or audio.startswith("/"):
        return audio
    if "://" in source:
        return source.rpartition("/")[0] + "/" + audio
    return str(Path(source).parent / audio)


def _timestamp(text: str | None) -> str | None:
    if text and not is_iso_8601(text):
        raise ValueError(f"started_at is {text!r}; expected an ISO 8601 date and time")
    return text or None


def _check_duplicates(source: str, rows: list[_Row], tasks: list[Task]) -> None:
    """Raise ManifestInvalid for two rows with one id, such as one audio file twice without ids."""
    first: dict[str, int] = {}
    complaints = []
    for (line, _), task in zip(rows, tasks, strict=True):
        if task.id in first:
            complaints.append(f"lines {first[task.id]} and {line} are both {task.id!r}")
        first.setdefault(task.id, line)
    if complaints:
        raise ManifestInvalid(f"{source} has doubled rows: {first_few(complaints)}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
