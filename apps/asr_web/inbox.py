"""Inbox of uploaded recordings: files under unguessable names, kept until they are discarded."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_MIN_FREE_BYTES = 256 << 20
_MAX_NAME_BYTES = 120  # file systems allow 255, and playable copies get a longer ending


class RefusalReason(StrEnum):
    """Why an upload is refused, as the answer to the browser spells it."""

    TOO_LARGE = "too_large"
    NO_SPACE = "no_space"
    EMPTY = "empty"


class UploadRefused(Exception):
    """The upload is refused."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Recording:
    """Uploaded file: the name that the browser sent, and the path on disk."""

    id: str
    name: str
    path: Path
    arrived_s: float = field(default_factory=time.monotonic, compare=False)
    converting: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def discard(self) -> None:
        """Remove the file and all files made from it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


class Inbox:
    """Stores each upload in a subfolder of its own."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    async def receive(self, name: str, blocks: AsyncIterable[bytes]) -> Recording:
        """Store an upload block by block. Raises UploadRefused and then leaves no file behind."""
        key = secrets.token_hex(16)
        shown = _readable(name)
        recording = Recording(key, shown, self._folder / key / _safe(shown))
        recording.path.parent.mkdir(mode=0o700)
        try:
            await self._write(recording.path, blocks)
        except BaseException:  # a browser that disconnects cancels the request
            recording.discard()
            raise
        return recording

    async def _write(self, path: Path, blocks: AsyncIterable[bytes]) -> None:
        size = 0
        with path.open("xb") as file:
            async for block in blocks:
                size += len(block)
                if size > self._max_bytes:
                    raise UploadRefused(RefusalReason.TOO_LARGE)
                if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
                    raise UploadRefused(RefusalReason.NO_SPACE)
                file.write(block)
        if size == 0:
            raise UploadRefused(RefusalReason.EMPTY)


def _readable(name: str) -> str:
    """Last part of a path, without control characters (those that reverse the text direction included)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return shown or "recording"


def _safe(name: str) -> str:
    """Name for the disk: the extension is kept, the rest is cut to a length that file systems accept."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 10:
        stem, dot, ending = name, "", ""
    short = stem.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").lstrip(".") or "recording"
    return f"{short}{dot}{ending}"
