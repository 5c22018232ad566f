"""Entries of a cache: small files in one folder, each under its key. Safe for several threads and processes.

An entry is written whole, so nobody reads half of one. It carries a checksum, so a damaged one counts as
absent. When the entries exceed their limit, those that were used longest ago are removed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from asr_types.whole_file import write_whole

logger = logging.getLogger(__name__)

DEFAULT_MAX_BYTES = 2 << 30

_CHECKSUM_BYTES = 16
_KEPT_SHARE = 0.9  # of the limit after a clean-up, so that the next new entry does not cause another
_ABANDONED_S = 3600.0  # the writer of an unfinished file this old has ended


@dataclass(frozen=True, slots=True)
class _Stored:
    path: Path
    size: int
    used_at: float


class Entries:
    """Entries in `folder`, which is made with the first entry and readable for its owner only."""

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._bytes: int | None = None  # what the folder holds, as far as this process knows
        self._warned = False

    def get(self, key: str) -> bytes | None:
        """The content of an entry, or None. Reading it counts as a use."""
        path = self._path(key)
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        content = stored[_CHECKSUM_BYTES:]
        if _checksum(content) != stored[:_CHECKSUM_BYTES]:
            logger.warning("%s is damaged; it counts as absent", path)
            _remove(path)
            return None
        with contextlib.suppress(OSError):  # another process may have removed it meanwhile
            os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep the content. A folder that cannot be written is not an error: one warning says so."""
        path = self._path(key)
        try:
            # `mode` holds for the last folder alone, so the cache's own is made by itself.
            with contextlib.suppress(FileExistsError):
                self._folder.mkdir(mode=0o700, parents=True)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, _checksum(content) + content)
        except OSError as error:
            self._warn_once(error)
            return
        self._account(_CHECKSUM_BYTES + len(content))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _warn_once(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("the cache %s cannot be written: %s", self._folder, error.strerror)

    def _account(self, added: int) -> None:
        with self._lock:
            if self._bytes is None:
                self._bytes = sum(entry.size for entry in self._scan())
            else:
                self._bytes += added
            if self._bytes > self._max_bytes:
                self._bytes = self._remove_oldest()

    def _remove_oldest(self) -> int:
        """Remove entries and return the size of the rest, other processes' entries included."""
        entries = sorted(self._scan(), key=lambda entry: entry.used_at)
        left = sum(entry.size for entry in entries)
        for entry in entries:
            if left <= self._max_bytes * _KEPT_SHARE:
                break
            _remove(entry.path)
            left -= entry.size
        logger.info("%s was cleaned up; it holds %d bytes now", self._folder, left)
        return left

    def _scan(self) -> Iterator[_Stored]:
        now = time.time()
        for path in self._folder.glob("??/*"):
            try:
                status = path.stat()
            except OSError:
                continue
            if not path.name.startswith("."):
                yield _Stored(path, status.st_size, status.st_mtime)
            elif now - status.st_mtime > _ABANDONED_S:
                _remove(path)


def _checksum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_CHECKSUM_BYTES).digest()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
