"""Stale resources: processes, shared memory and temporary files that a killed launcher leaves behind.

A launcher that is killed cannot remove them, so the next one does. Each name contains the process id of its
launcher, which tells whether that still runs. An id is valid within one pid namespace only, so the name
contains the namespace too, and containers that share /dev/shm leave each other's resources alone.
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

from asr_server.installation import STUB

SHARED_MEMORY = Path("/dev/shm")


def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def new_prefix() -> str:
    """A prefix for the names of one launcher's resources; no other launcher uses it."""
    return f"asr-triton-{_namespace()}-{os.getpid()}-{secrets.token_hex(4)}-"


def make_runtime_dir(prefix: str) -> Path:
    """A private temporary directory."""
    return Path(tempfile.mkdtemp(prefix=prefix))


def remove_stale_resources(*directories: Path) -> None:
    """End the orphaned processes and remove the files of launchers that no longer run."""
    name = re.compile(rf"asr-triton-{_namespace()}-(\d+)-")
    for orphan in python_processes("asr-triton-"):
        owner = name.search(" ".join(_command_of(orphan)))
        if owner and not psutil.pid_exists(int(owner.group(1))):
            _end(orphan)
    for directory in directories or (SHARED_MEMORY, Path(tempfile.gettempdir())):
        for path in directory.glob("asr-triton-*"):
            owner = name.match(path.name)
            if owner and not psutil.pid_exists(int(owner.group(1))):
                _remove(path)


def python_processes(prefix: str) -> list[psutil.Process]:
    """Triton's Python processes with that prefix in their command line, orphans included."""
    commands = ((process, _command_of(process)) for process in psutil.process_iter())
    return [
        process
        for process, command in commands
        if command and STUB in command[0] and any(prefix in word for word in command)
    ]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()


def _remove(path: Path) -> None:
    """Remove what may be removed; files of another user stay and must not keep the server from starting."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
