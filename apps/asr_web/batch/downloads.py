"""Documents to download: one call in several formats, a batch as CSV and ZIP."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from asr_client.formats import FORMATS
from asr_web.batch.batch_table import batch_csv, batch_rows
from asr_web.call.call_run import CallRun, Finished


@dataclass(frozen=True, slots=True)
class Document:
    """A file to download."""

    name: str
    media_type: str
    content: bytes


REPORT = "report"
KINDS = (*FORMATS, REPORT)


def call_document(result: Finished, kind: str) -> Document:
    """Document of one call; `kind` is one of KINDS."""
    stem = _stem(result.transcript.metadata.source)
    if kind == REPORT:
        return Document(f"{stem}.report.json", "application/json", _report(result).encode())
    form = FORMATS[kind]
    text = form.render(result.transcript)
    return Document(f"{stem}.{form.extension}", f"{form.media_type}; charset=utf-8", text.encode())


def batch_table_document(runs: Sequence[CallRun]) -> Document:
    """Table of a batch as CSV."""
    return Document("batch.csv", "text/csv; charset=utf-8", batch_csv(batch_rows(runs)).encode())


def batch_archive(runs: Sequence[CallRun]) -> Document:
    """ZIP with the table and every finished call in every format."""
    content = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("batch.csv", batch_table_document(runs).content)
        for run in runs:
            result = run.state
            if isinstance(result, Finished):
                folder = _unused(_stem(run.recording.name), taken)
                for kind in KINDS:
                    document = call_document(result, kind)
                    archive.writestr(f"{folder}/{document.name}", document.content)
    return Document("batch.zip", "application/zip", content.getvalue())


def _report(result: Finished) -> str:
    return json.dumps(result.report.to_dict(), ensure_ascii=False, indent=2) + "\n"


def _stem(name: str) -> str:
    """File name without its extension and without characters that file systems refuse."""
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", name.rpartition(".")[0] or name).strip(". ")
    return stem[:100] or "call"


def _unused(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found.casefold() in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found.casefold())
    return found
