"""Log echo: copies the growing log of the server to an output; containers keep logs on standard output."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from asr_server.log_bound import MAX_ECHOED_BYTES, discard_echoed

POLL_S = 0.2


class LogEcho:
    """A context manager with a thread of its own; the file need not exist yet."""

    def __init__(self, path: Path, output: BinaryIO, max_bytes: int = MAX_ECHOED_BYTES) -> None:
        self._path = path
        self._output = output
        self._max_bytes = max_bytes
        self._position = path.stat().st_size if path.exists() else 0  # earlier runs are not repeated
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asr-log-echo", daemon=True)

    def __enter__(self) -> LogEcho:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Copy the rest of the file, then end the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            self._copy()
        self._copy()

    def _copy(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as stream:
            if stream.seek(0, os.SEEK_END) < self._position:
                self._position = 0  # the file was rotated
            stream.seek(self._position)
            lines = stream.read()
        self._output.write(lines)
        self._output.flush()
        self._position += len(lines)
        if discard_echoed(self._path, self._position, self._max_bytes):
            self._position = 0
