"""What happened to each recording, one line of JSON an event.

Results are the truth about what is done: a journal adds what they cannot say. Which recordings failed and
why; how large a result was when it was written, so that a damaged one shows; with which options the job
began, so that a second job does not mix its results in. Timings and cache hits are here and in no result.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from asr_batch.errors import FolderOccupied
from asr_batch.store import JournalFile
from asr_types.json_lines import json_lines

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Done:
    """A result as it was written. `source_bytes` is the size of the local audio file, else None."""

    result_bytes: int
    digest: str
    source_bytes: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no result."""

    id: str
    audio: str
    kind: str  # name of the error class
    reason: str


@dataclass(slots=True)
class History:
    """All journals of a job folded together; the later event about a recording counts."""

    options: dict[str, Any] | None = None
    done: dict[str, Done] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)

    def check_options(self, now: Mapping[str, Any]) -> None:
        """Raise FolderOccupied unless the job began with these; one that an earlier version did not know was
        not given."""
        if self.options is None:
            return
        for name in {**self.options, **now}:
            was = self.options.get(name)
            if (was or None) != (now.get(name) or None):
                raise FolderOccupied(
                    f"the results folder was begun with {name} = {was!r}, not {now.get(name)!r}; "
                    "results of both in one folder could not be told apart: choose another folder"
                )


class Journal:
    """Writes the events of this run. Thread-safe; a line is on disk when the method returns."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def begin(self, options: dict[str, Any], tasks: int) -> None:
        self._append("begin", options=options, tasks=tasks)

    def done(self, task_id: str, done: Done, **figures: Any) -> None:
        self._append(
            "done",
            id=task_id,
            bytes=done.result_bytes,
            digest=done.digest,
            source_bytes=done.source_bytes,
            **figures,
        )

    def failed(self, failed: Failed) -> None:
        self._append("failed", id=failed.id, audio=failed.audio, kind=failed.kind, reason=failed.reason)

    def end(self, reason: str) -> None:
        self._append("end", reason=reason)

    def close(self) -> None:
        self._file.close()

    def _append(self, event: str, **values: Any) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        # ASCII: file names that are no UTF-8 must not break a line.
        self._file.append(json.dumps({"event": event, "at": at, **values}))


def read_history(journals: Iterable[bytes]) -> History:
    """Fold journals. A line that a kill cut short is passed over: results tell what it would have said."""
    history = History()
    # The journals of shards overlap in time; each recording is in one shard only.
    for journal in journals:
        for event in _events(journal):
            _apply(history, event)
    return history


def digest_of(content: bytes) -> str:
    """As the journal notes it."""
    return blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def _events(journal: bytes) -> Iterator[dict[str, Any]]:
    for line in json_lines(journal):
        if line.error is not None:
            logger.info("a journal holds a line that was cut short: %r", line.text[:60])
        elif isinstance(line.value, dict):
            yield line.value


def _apply(history: History, event: dict[str, Any]) -> None:
    try:
        match event["event"]:
            case "begin":
                history.options = history.options or event["options"]
            case "done":
                history.done[event["id"]] = Done(event["bytes"], event["digest"], event["source_bytes"])
                history.failed.pop(event["id"], None)
            case "failed":
                failed = Failed(event["id"], event["audio"], event["kind"], event["reason"])
                history.failed[failed.id] = failed
                history.done.pop(failed.id, None)
    except (KeyError, TypeError) as error:
        logger.warning("a journal holds an event that is not understood: %s", error)
