"""Small files in one folder, each found by its key. Safe for several threads and processes.

An entry appears by renaming, so nobody reads half of one; it carries a checksum, so a damaged one counts as
absent. When the entries outgrow their limit, those that were used longest ago go.
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
_KEPT_SHARE = 0.9  # of the limit after a clean-up, so that not every new entry causes one
_ABANDONED_S = 3600.0  # an unfinished file this old has lost its writer


@dataclass(frozen=True, slots=True)
class _Stored:
    path: Path
    size: int
    used_at: float


class Entries:
    """The folder is made when the first entry is written, readable for its owner only."""

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._bytes: int | None = None  # what the folder holds, as far as this process knows
        self._complained = False

    def get(self, key: str) -> bytes | None:
        """The content, or None. Counts as a use of the entry."""
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
        """Keep the content. A folder that cannot be written costs the entry and one warning, no more."""
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, _checksum(content) + content)
        except OSError as error:
            self._complain(error)
            return
        self._account(_CHECKSUM_BYTES + len(content))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
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
        """Make room; returns what is left, other processes' entries included."""
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
