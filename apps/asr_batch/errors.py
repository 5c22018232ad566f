"""Error tree of a batch: everything that is not about a single recording.

BatchError               anything this package raises on purpose
├── WrongUsage           the arguments make no sense together; nothing was sent
│   ├── SourceInvalid    a source is absent or empty, or two recordings would share one result
│   ├── ManifestInvalid  the manifest cannot be read, or has incomplete or duplicate rows
│   └── FolderOccupied   the results folder belongs to another job, or to a batch that is running
└── BatchStopped         the batch ended early; the same command goes on where it stopped
    ├── OutputFailed     results can no longer be written: disk full, no access
    └── ServerGone       the retry budget is spent: no call succeeded for that long
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class BatchError(Exception):
    """Base of all errors this package raises on purpose."""


class WrongUsage(BatchError):
    """The arguments make no sense together; nothing was sent."""


class SourceInvalid(WrongUsage):
    """A source is absent or empty, or two recordings would share one result."""


class ManifestInvalid(WrongUsage):
    """The manifest cannot be read, or has incomplete or duplicate rows."""


class FolderOccupied(WrongUsage):
    """The results folder belongs to another job, or to a batch that is running."""


class BatchStopped(BatchError):
    """The batch ended early; the same command goes on where it stopped."""


class OutputFailed(BatchStopped):
    """Results can no longer be written."""


class ServerGone(BatchStopped):
    """The retry budget is spent: no call succeeded for that long."""


@contextmanager
def output_failures(what: str) -> Iterator[None]:
    """Raise OutputFailed for an OSError; `what` begins its message."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(f"{what}: {error.strerror or error}") from error
