"""Local results folder: results and journals on a file system of this machine."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from asr_batch.errors import FolderOccupied, output_failures
from asr_batch.task import CONTROL_FOLDER, JOURNALS, RESULT_ENDING
from asr_types.whole_file import open_whole


class LocalFolder:
    """A store on a file system of this machine. A result is written under another name, then renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / CONTROL_FOLDER / "unfinished"  # same file system, so renaming works

    def results(self) -> dict[str, int]:
        found = {}
        for place, folders, names in os.walk(self._folder):
            if Path(place) == self._folder and CONTROL_FOLDER in folders:
                folders.remove(CONTROL_FOLDER)
            for name in names:
                if name.endswith(RESULT_ENDING):
                    path = Path(place, name)
                    found[path.relative_to(self._folder).as_posix()] = path.stat().st_size
        return found

    def read(self, name: str) -> bytes:
        with output_failures(f"{self._folder / name} cannot be read"):
            return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        with (
            output_failures(f"{path} cannot be written"),
            open_whole(path, durable=True, folder=self._unfinished) as file,
        ):
            file.write(content)

    def remove(self, name: str) -> None:
        with output_failures(f"{self._folder / name} cannot be removed"):
            (self._folder / name).unlink(missing_ok=True)

    def journals(self) -> Iterator[bytes]:
        for path in sorted((self._folder / JOURNALS).glob("*.jsonl")):
            yield path.read_bytes()

    def journal(self, shard: str) -> LocalJournal:
        with output_failures(f"{self._folder} cannot be written"):
            path = self._folder / JOURNALS / f"{shard}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            journal = LocalJournal(path)
        self._unfinished = self._folder / CONTROL_FOLDER / "unfinished" / shard
        # Left by killed runs. No other run writes there: this one holds the lock of the journal.
        shutil.rmtree(self._unfinished, ignore_errors=True)
        return journal


class LocalJournal:
    """A journal file with one writer, held by a lock. A line is on the disk when `append` returns, so neither
    a kill nor a power failure loses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab+", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise FolderOccupied(f"another batch is writing to {path.parents[2]}") from None
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._written = self._synced = 0
        self._end_torn_line()

    def append(self, line: str) -> None:
        with self._writing, output_failures(f"{self._path} cannot be written"):
            _write_all(self._file.fileno(), f"{line}\n".encode())
            self._written += 1
            number = self._written
        # Group commit: lines written while another thread waits for the disk share one fsync.
        with self._syncing, output_failures(f"{self._path} cannot be written"):
            if self._synced < number:
                written = self._written
                os.fsync(self._file.fileno())
                self._synced = written

    def close(self) -> None:
        self._file.close()

    def _end_torn_line(self) -> None:
        """End the half line that a killed run or a full disk may have left at the end."""
        size = self._file.seek(0, os.SEEK_END)
        if size and os.pread(self._file.fileno(), 1, size - 1) != b"\n":
            _write_all(self._file.fileno(), b"\n")


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
