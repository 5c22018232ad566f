"""Failures of a batch: why a recording failed, and the list of them for people and programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from asr_batch.journal import Failed
from asr_batch.task import Task
from asr_client.errors import ClientError


def failed_task(task: Task, error: Exception) -> Failed:
    """A failure as the journal holds it. A message of the client is complete; other errors get their name."""
    if isinstance(error, ClientError):
        reason = str(error)
    else:
        detail = (error.strerror if isinstance(error, OSError) else "") or str(error)
        reason = f"{type(error).__name__}: {detail}"
    return Failed(task.id, task.audio, type(error).__name__, " ".join(reason.split()))


def failures_as_json_lines(failed: Sequence[Failed]) -> str:
    """One object a line. The list is also a manifest: it can be a source of another batch."""
    rows = ({"id": f.id, "audio": f.audio, "error": f.kind, "reason": f.reason} for f in failed)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def failures_as_csv(failed: Sequence[Failed]) -> str:
    """The same columns as CSV."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["id", "audio", "error", "reason"])
    writer.writerows([f.id, f.audio, f.kind, f.reason] for f in failed)
    return table.getvalue()
