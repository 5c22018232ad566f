"""The list of recordings without a result, for people and programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from asr_batch.journal import Failed


def failures_as_json_lines(failed: Sequence[Failed]) -> str:
    """One object a line: id, audio, error, reason. A manifest, too: it can be given to another batch."""
    rows = ({"id": f.id, "audio": f.audio, "error": f.kind, "reason": f.reason} for f in failed)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def failures_as_csv(failed: Sequence[Failed]) -> str:
    """The same as a table."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["id", "audio", "error", "reason"])
    writer.writerows([f.id, f.audio, f.kind, f.reason] for f in failed)
    return table.getvalue()
