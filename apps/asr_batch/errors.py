"""Every error of a batch that is not about one recording.

BatchError               anything this package raises on purpose
├── WrongUsage           the request cannot be meant; nothing was sent
│   ├── SourceInvalid    a source is absent, empty, or two recordings would share one result
│   ├── ManifestInvalid  the manifest cannot be read, or rows are incomplete or doubled
│   └── FolderOccupied   the results folder belongs to another job, or to a batch that is running
└── BatchStopped         the batch ended before its end; the same command goes on where it stopped
    ├── OutputFailed     results can no longer be written: disk full, no access
    └── ServerGone       nothing succeeded for as long as the patience lasts
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class BatchError(Exception):
    """Base of all errors this package raises on purpose."""


class WrongUsage(BatchError):
    """The request cannot be meant; nothing was sent."""


class SourceInvalid(WrongUsage):
    """A source is absent, empty, or two recordings would share one result."""


class ManifestInvalid(WrongUsage):
    """The manifest cannot be read, or rows are incomplete or doubled."""


class FolderOccupied(WrongUsage):
    """The results folder belongs to another job, or to a batch that is running."""


class BatchStopped(BatchError):
    """The batch ended before its end; the same command goes on where it stopped."""


class OutputFailed(BatchStopped):
    """Results can no longer be written."""


class ServerGone(BatchStopped):
    """Nothing succeeded for as long as the patience lasts."""


@contextmanager
def output_failures(what: str) -> Iterator[None]:
    """Turn what a storage raises into OutputFailed."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(f"{what}: {error.strerror or error}") from error
