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

from asr_server.installation import STUB

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
    """End and remove what launchers that are gone have left: orphans, shared memory, temporary files."""
    name = re.compile(rf"asr-triton-{_namespace()}-(\d+)-")
    for orphan in python_processes("asr-triton-"):
        owner = name.search(" ".join(_command_of(orphan)))
        if owner and not psutil.pid_exists(int(owner.group(1))):
            _end(orphan)
    for place in places or (SHARED_MEMORY, Path(tempfile.gettempdir())):
        for path in place.glob("asr-triton-*"):
            owner = name.match(path.name)
            if owner and not psutil.pid_exists(int(owner.group(1))):
                _remove(path)


def python_processes(prefix: str) -> list[psutil.Process]:
    """Triton's Python processes with that prefix in their command line, whoever their parent is by now."""
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
    """What belongs to another user stays: it is not ours to remove, nor a reason not to start."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
