"""The folder with everything that is uploaded, and the removal of those whose desk was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "asr-web-"
_LOCK = "in-use"


@contextmanager
def workspace() -> Iterator[Path]:
    """A private temporary folder that is gone afterwards.

    A desk that was killed cannot tidy up, so the next one does: the lock in a folder ends with its process.
    """
    _remove_abandoned()
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name,
        (Path(name) / "locking").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(lock.name).rename(Path(name) / _LOCK)  # seen by others only once it is locked
        yield Path(name)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.getuid():
                continue
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # somebody works in it
            continue
