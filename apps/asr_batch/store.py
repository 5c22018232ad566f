"""Where results and journals go: a local folder, or a folder in object storage through fsspec.

A result appears whole or not at all: by renaming locally, by a single PUT in object storage. So what a store
lists is complete, whatever was killed when.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import fsspec

from asr_batch.errors import SourceInvalid
from asr_batch.local_folder import LocalFolder
from asr_batch.object_folder import ObjectFolder


class JournalFile(Protocol):
    """Lines of text, kept in order."""

    def append(self, line: str) -> None:
        """Keep one line. Thread-safe."""

    def close(self) -> None:
        """Everything is kept after this."""


class Store(Protocol):
    """All names are relative, with `/`. Every method raises OutputFailed when the storage refuses."""

    def results(self) -> dict[str, int]:
        """Every result there is and its size in bytes."""

    def read(self, name: str) -> bytes:
        """The content of one result."""

    def write(self, name: str, content: bytes) -> None:
        """Whole or not at all; replaces what was there."""

    def remove(self, name: str) -> None:
        """Without effect where there is nothing."""

    def journals(self) -> Iterator[bytes]:
        """The content of every journal, the older of one shard first."""

    def journal(self, shard: str) -> JournalFile:
        """The journal of one shard, or of the `whole` batch. Raises FolderOccupied if another run has it."""


def open_store(out: str) -> Store:
    """The store at a path or URL. Raises SourceInvalid when its kind of storage is not known."""
    if "://" not in out or out.startswith("file://"):
        return LocalFolder(Path(out.removeprefix("file://")))
    try:
        system, path = fsspec.url_to_fs(out)
    except (ValueError, ImportError) as error:  # ImportError: the package for that storage is absent
        raise SourceInvalid(f"{out} cannot be opened: {error}") from error
    return ObjectFolder(system, path.rstrip("/"))
