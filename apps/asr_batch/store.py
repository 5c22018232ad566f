"""Store of results and journals: a local folder, or a folder in object storage through fsspec.

A result appears whole or not at all: by renaming in a local folder, by a single PUT in object storage. So
every result that a store lists is complete, even after a kill.
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
    """A journal that is open for writing."""

    def append(self, line: str) -> None:
        """Add one line at the end. Thread-safe."""

    def close(self) -> None:
        """Write what `append` still holds back, and close."""


class Store(Protocol):
    """A results folder. Names are relative paths with `/`. Every method raises OutputFailed when the storage
    fails."""

    def results(self) -> dict[str, int]:
        """Name and size in bytes of every result."""

    def read(self, name: str) -> bytes:
        """The content of one result."""

    def write(self, name: str, content: bytes) -> None:
        """Write a result whole or not at all; an earlier one is replaced."""

    def remove(self, name: str) -> None:
        """Remove a result, if there is one of that name."""

    def journals(self) -> Iterator[bytes]:
        """The content of every journal; of one shard the older comes first."""

    def journal(self, shard: str) -> JournalFile:
        """Open the journal of a shard, or of the `whole` batch, for writing. Raises FolderOccupied while
        another run has it open."""


def open_store(out: str) -> Store:
    """The store at a path or URL. Raises SourceInvalid for a URL that fsspec cannot open."""
    if "://" not in out or out.startswith("file://"):
        return LocalFolder(Path(out.removeprefix("file://")))
    try:
        system, path = fsspec.url_to_fs(out)
    except (ValueError, ImportError) as error:  # ImportError: the package for that storage is absent
        raise SourceInvalid(f"{out} cannot be opened: {error}") from error
    return ObjectFolder(system, path.rstrip("/"))
