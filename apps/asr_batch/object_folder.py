"""Results folder in object storage: results and journals as objects, through fsspec."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from asr_batch.errors import output_failures
from asr_batch.task import CONTROL_FOLDER, JOURNALS, RESULT_ENDING


class ObjectFolder:
    """A store in object storage. There is no lock: two runs of one shard at the same time transcribe the same
    recordings twice, and the results are correct all the same."""

    def __init__(self, system: Any, folder: str) -> None:
        self._system = system
        self._folder = folder

    def results(self) -> dict[str, int]:
        with output_failures(f"{self._folder} cannot be listed"):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._folder, detail=True)
            except FileNotFoundError:
                return {}
        names = {name.removeprefix(self._folder + "/"): int(entry["size"]) for name, entry in found.items()}
        return {
            name: size
            for name, size in names.items()
            if name.endswith(RESULT_ENDING) and not name.startswith(CONTROL_FOLDER + "/")
        }

    def read(self, name: str) -> bytes:
        with output_failures(f"{self._folder}/{name} cannot be read"):
            return bytes(self._system.cat_file(f"{self._folder}/{name}"))

    def write(self, name: str, content: bytes) -> None:
        with output_failures(f"{self._folder}/{name} cannot be written"):
            self._system.pipe_file(f"{self._folder}/{name}", content)

    def remove(self, name: str) -> None:
        with output_failures(f"{self._folder}/{name} cannot be removed"):
            if self._system.exists(f"{self._folder}/{name}"):
                self._system.rm_file(f"{self._folder}/{name}")

    def journals(self) -> Iterator[bytes]:
        with output_failures(f"{self._folder} cannot be listed"):
            try:
                names = sorted(self._system.find(f"{self._folder}/{JOURNALS}"))
            except FileNotFoundError:
                names = []
        for name in names:
            yield self.read(name.removeprefix(self._folder + "/"))

    def journal(self, shard: str) -> ObjectJournal:
        return ObjectJournal(self, shard)


class ObjectJournal:
    """A journal for storage that cannot append: objects of up to 200 lines, the last one rewritten as it
    grows.

    It is rewritten at its first line and at every twentieth; lines between wait for the next of these. A kill
    loses those that wait. That may cost the reasons of some failures, which are then tried again, but no
    result: a run lists the results themselves and does not rely on the journal.
    """

    _LINES = 200
    _FLUSHED_EVERY = 20

    def __init__(self, store: ObjectFolder, shard: str) -> None:
        self._store = store
        self._prefix = f"{JOURNALS}/{shard}-{_now()}-{uuid.uuid4().hex[:6]}"
        self._lock = threading.Lock()
        self._part = 0
        self._lines: list[str] = []

    def append(self, line: str) -> None:
        with self._lock:
            self._lines.append(line)
            if len(self._lines) % self._FLUSHED_EVERY == 1:
                self._flush()
            if len(self._lines) == self._LINES:
                self._flush()
                self._part += 1
                self._lines = []

    def close(self) -> None:
        with self._lock:
            if self._lines:
                self._flush()

    def _flush(self) -> None:
        content = "".join(f"{line}\n" for line in self._lines)
        self._store.write(f"{self._prefix}-{self._part:05}.jsonl", content.encode())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
