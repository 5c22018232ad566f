"""Copies the server's log to an output as it grows: in a container logs belong on standard output."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

POLL_S = 0.2
MAX_BYTES = 16 << 20  # of the file; what was copied is dropped then, so that it does not fill the disk


class LogEcho:
    """A context manager with a thread of its own; the file need not exist yet."""

    def __init__(self, path: Path, output: BinaryIO, max_bytes: int = MAX_BYTES) -> None:
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
        """Copies what is still missing."""
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
                self._position = 0  # somebody rotated it
            stream.seek(self._position)
            lines = stream.read()
        self._output.write(lines)
        self._output.flush()
        self._position += len(lines)
        # The server appends, so it goes on at the new end. A line written since the read may be lost.
        if self._position > self._max_bytes:
            os.truncate(self._path, 0)
            self._position = 0
