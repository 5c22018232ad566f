"""Table of a batch, one row for each file, and its CSV form."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from asr_web.call.call_run import CallRun, Cancelled, Failed, Finished, RunStatus, Waiting, Working
from asr_web.failures import Failure

_PREVIEW_LETTERS = 120
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One file. Values that are not known are None or empty."""

    number: int
    name: str
    status: RunStatus
    done: int = 0
    total: int | None = None
    language: str = ""
    text: str = ""
    duration_s: float | None = None
    took_s: float | None = None
    intent: str = ""
    outcome: str = ""
    score: float | None = None
    failure: Failure | None = None

    @property
    def preview(self) -> str:
        """Beginning of the transcript in one line."""
        line = " ".join(self.text.split())
        return line if len(line) <= _PREVIEW_LETTERS else line[:_PREVIEW_LETTERS].rstrip() + "…"


def batch_rows(runs: Iterable[CallRun]) -> list[BatchRow]:
    """Rows in the order in which the files arrived."""
    return [_row(number, run) for number, run in enumerate(runs, start=1)]


def _row(number: int, run: CallRun) -> BatchRow:
    name = run.recording.name
    match run.state:
        case Waiting():
            return BatchRow(number, name, RunStatus.WAITING)
        case Working(done, total):
            return BatchRow(number, name, RunStatus.WORKING, done, total)
        case Cancelled():
            return BatchRow(number, name, RunStatus.CANCELLED)
        case Failed(failure):
            return BatchRow(number, name, RunStatus.FAILED, failure=failure)
        case Finished() as result:
            return _finished_row(number, name, result)


def _finished_row(number: int, name: str, result: Finished) -> BatchRow:
    quality = result.report.quality
    return BatchRow(
        number,
        name,
        RunStatus.FINISHED,
        language=result.transcript.language or "",
        text=result.transcript.text,
        duration_s=result.transcript.duration_s,
        took_s=result.took_s,
        intent=result.report.main_intent.name,
        outcome=quality.outcome,
        score=quality.score,
    )


_COLUMNS: dict[str, Callable[[BatchRow], str]] = {
    "file": lambda row: _cell(row.name),
    "status": lambda row: row.status,
    "language": lambda row: _cell(row.language),
    "duration_s": lambda row: _number(row.duration_s),
    "took_s": lambda row: _number(row.took_s),
    "intent": lambda row: _cell(row.intent),
    "outcome": lambda row: row.outcome,
    "score": lambda row: _number(row.score),
    "transcript": lambda row: _cell(row.text),
    "error": lambda row: _cell(row.failure.detail if row.failure else ""),
}


def batch_csv(rows: Iterable[BatchRow]) -> str:
    """CSV for spreadsheets: it starts with a byte order mark, and no cell can be read as a formula."""
    table = io.StringIO()
    table.write("\ufeff")
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    writer.writerows([cell(row) for cell in _COLUMNS.values()] for row in rows)
    return table.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
