"""Names for what a launcher puts outside its own directory, and the removal of what dead ones left.

A launcher that was killed cannot tidy up. Its successors do, by the process id in the name; ids only mean
something within one pid namespace, so containers that share /dev/shm leave each other's alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

import psutil

SHARED_MEMORY = Path("/dev/shm")


def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def new_prefix() -> str:
    """A name no other launcher uses, which tells whose it is."""
    return f"asr-triton-{_namespace()}-{os.getpid()}-{secrets.token_hex(4)}-"


def make_runtime_dir(prefix: str) -> Path:
    """A private temporary directory."""
    return Path(tempfile.mkdtemp(prefix=prefix))


def sweep(*places: Path) -> None:
    """Remove what launchers that are gone have left in shared memory and the temporary directory."""
    ours = re.compile(rf"asr-triton-{_namespace()}-(\d+)-")
    for place in places or (SHARED_MEMORY, Path(tempfile.gettempdir())):
        for path in place.glob("asr-triton-*"):
            owner = ours.match(path.name)
            if owner and not psutil.pid_exists(int(owner.group(1))):
                _remove(path)


def _remove(path: Path) -> None:
    """What belongs to another user stays: it is not ours to remove, nor a reason not to start."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
