"""Uploaded recordings on disk, under names that nobody can guess, until they are discarded."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path

_MIN_FREE_BYTES = 256 << 20
_MAX_NAME_BYTES = 120  # file systems allow 255, and playable copies get a longer ending


class UploadRefused(Exception):
    """The upload is not taken; `reason` is too_large, no_space or empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Recording:
    """An uploaded file: the name it came with, and where it lies."""

    id: str
    name: str
    path: Path
    arrived_s: float = field(default_factory=time.monotonic, compare=False)
    converting: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def discard(self) -> None:
        """Remove the file and everything made from it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


class Inbox:
    """Takes uploads into `folder`, each into a folder of its own."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    async def receive(self, name: str, blocks: AsyncIterable[bytes]) -> Recording:
        """Store an upload block by block. Raises UploadRefused and leaves nothing behind then."""
        key = secrets.token_hex(16)
        shown = _readable(name)
        recording = Recording(key, shown, self._folder / key / _safe(shown))
        recording.path.parent.mkdir(mode=0o700)
        try:
            await self._write(recording.path, blocks)
        except BaseException:  # a browser that goes away ends the request with a cancellation
            recording.discard()
            raise
        return recording

    async def _write(self, path: Path, blocks: AsyncIterable[bytes]) -> None:
        size = 0
        with path.open("xb") as file:
            async for block in blocks:
                size += len(block)
                if size > self._max_bytes:
                    raise UploadRefused("too_large")
                if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
                    raise UploadRefused("no_space")
                file.write(block)
        if size == 0:
            raise UploadRefused("empty")


def _readable(name: str) -> str:
    """The last part of a path, without control characters, including those that turn text around."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return shown or "recording"


def _safe(name: str) -> str:
    """As a name on disk: the ending kept, the rest cut to what file systems take."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 10:
        stem, dot, ending = name, "", ""
    short = stem.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").lstrip(".") or "recording"
    return f"{short}{dot}{ending}"
