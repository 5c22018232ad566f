"""Journal of a batch: what happened to each recording, one event a line, as JSON.

The results folder itself says which recordings are done. The journal holds what results cannot: which
recordings failed and why; size and digest of each result as it was written, by which damage is noticed; the
options of the job, so that another job cannot mix its results in; timings and cache hits.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from asr_batch.errors import FolderOccupied
from asr_batch.store import JournalFile
from asr_types.json_lines import json_lines

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


class EventKind(StrEnum):
    """Kinds of events; a reader skips those that it does not know."""

    BEGIN = "begin"
    DONE = "done"
    FAILED = "failed"
    END = "end"


@dataclass(frozen=True, slots=True)
class Done:
    """A result as it was written. `source_bytes` is the size of the audio file; None if it is not local."""

    result_bytes: int
    digest: str
    source_bytes: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording without a result, and why."""

    id: str
    audio: str
    kind: str  # name of the error class
    reason: str


@dataclass(slots=True)
class History:
    """All journals of a job read into one state; of two events about a recording the later one counts."""

    options: dict[str, Any] | None = None
    done: dict[str, Done] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)

    def check_options(self, now: Mapping[str, Any]) -> None:
        """Raise FolderOccupied unless the job began with these options. A journal of an earlier version lacks
        options that came later; an option that is absent counts as not given."""
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
    """Writes the events of this run. Thread-safe."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def begin(self, options: dict[str, Any], tasks: int) -> None:
        self._append(EventKind.BEGIN, options=options, tasks=tasks)

    def done(self, task_id: str, done: Done, **figures: Any) -> None:
        self._append(
            EventKind.DONE,
            id=task_id,
            bytes=done.result_bytes,
            digest=done.digest,
            source_bytes=done.source_bytes,
            **figures,
        )

    def failed(self, failed: Failed) -> None:
        self._append(EventKind.FAILED, **asdict(failed))

    def end(self, reason: str) -> None:
        self._append(EventKind.END, reason=reason)

    def close(self) -> None:
        self._file.close()

    def _append(self, event: EventKind, **values: Any) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        # ASCII escapes also hold file names that are not UTF-8.
        self._file.append(json.dumps({"event": event, "at": at, **values}))


def read_history(journals: Iterable[bytes]) -> History:
    """Replay journals. A line that a kill cut short is skipped: the results tell what it would have said."""
    history = History()
    # Journals of different shards overlap in time, but each recording is in one shard only.
    for journal in journals:
        for event in _events(journal):
            _apply(history, event)
    return history


def digest_of(content: bytes) -> str:
    """The digest of a result, as journals hold it."""
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
            case EventKind.BEGIN:
                history.options = history.options or event["options"]
            case EventKind.DONE:
                history.done[event["id"]] = Done(event["bytes"], event["digest"], event["source_bytes"])
                history.failed.pop(event["id"], None)
            case EventKind.FAILED:
                failed = Failed(event["id"], event["audio"], event["kind"], event["reason"])
                history.failed[failed.id] = failed
                history.done.pop(failed.id, None)
    except (KeyError, TypeError) as error:
        logger.warning("a journal holds an event that is not understood: %s", error)
