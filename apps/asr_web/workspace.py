"""Workspace: the temporary folder that holds all uploads of one web server process."""

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
    """Make a private temporary folder and remove it on leaving.

    A process that was killed leaves its folder behind; the next process removes it. The lock in a folder
    tells whether its process still lives, since the system releases it when the process ends.
    """
    _remove_abandoned()
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name,
        (Path(name) / "locking").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(lock.name).rename(Path(name) / _LOCK)  # other processes see the lock only once it is held
        yield Path(name)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.getuid():
                continue
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # its process still lives
            continue
