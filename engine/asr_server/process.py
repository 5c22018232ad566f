"""One tritonserver process, from its start to the removal of the last file it leaves behind."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from asr_server.installation import STUB
from asr_server.log_bound import MAX_BYTES, rotate
from asr_server.stale_resources import SHARED_MEMORY, python_processes
from asr_server.startup_diagnosis import diagnose_startup

log = logging.getLogger(__name__)

PARENT_WATCHDOG = Path(__file__).with_name("parent_watchdog.py")


class ServerProcess:
    """A running tritonserver and the Python processes it started.

    It ends with the thread that created this object; see parent_watchdog.py.
    """

    def __init__(
        self, command: Sequence[str], environment: dict[str, str], log_path: Path, shm_prefix: str
    ) -> None:
        self._log_path = log_path
        self._shm_prefix = shm_prefix
        self._log_start = log_path.stat().st_size if log_path.exists() else 0
        watched = [sys.executable, "-I", "-S", str(PARENT_WATCHDOG), str(os.getpid()), *command]
        with log_path.open("ab") as output:
            self._process = subprocess.Popen(
                watched,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal reaches the launcher only
            )
        self._stubs: list[psutil.Process] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.poll()

    def note_stubs(self) -> None:
        """Remember the Python processes of the loaded models, to notice when one is gone."""
        self._stubs = _stubs_of(self._process.pid)

    def lost_stub(self) -> int | None:
        """The pid of a Python process that died; Triton neither notices nor replaces it."""
        for stub in self._stubs:
            if not _is_running(stub):
                return int(stub.pid)
        return None

    def stub_pids(self) -> tuple[int, ...]:
        """Pids of the Python processes noted at start-up."""
        return tuple(int(stub.pid) for stub in self._stubs)

    def startup_diagnosis(self) -> str:
        """Why it could not start, in one sentence from its log."""
        with self._log_path.open("rb") as stream:
            stream.seek(self._log_start)
            text = stream.read().decode(errors="replace")
        return diagnose_startup(text)

    def bound_log(self, max_bytes: int = MAX_BYTES) -> None:
        """Move a log that has grown too long to `.1` beside it."""
        if rotate(self._log_path, max_bytes):
            self._log_start = 0

    def stop(self, grace_s: float) -> None:
        """Let requests in flight finish for up to `grace_s`, then end everything that is left."""
        if self.exit_status() is None and grace_s > 0:
            self._process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + grace_s
            while time.monotonic() < deadline and not self._has_finished():
                time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """End the server and its Python processes now, and remove the shared memory they leave behind."""
        self._process.kill()
        self._process.wait()
        stubs = python_processes(self._shm_prefix)  # also finds those of a server that died while starting
        for stub in stubs:
            with contextlib.suppress(psutil.NoSuchProcess):
                stub.kill()
        psutil.wait_procs(stubs, timeout=5)
        for region in SHARED_MEMORY.glob(f"{self._shm_prefix}*"):
            region.unlink(missing_ok=True)

    def _has_finished(self) -> bool:
        """Ended, or with all models unloaded, after which Triton still takes seconds to end."""
        return self.exit_status() is not None or (
            bool(self._stubs) and not any(map(_is_running, self._stubs))
        )


def _stubs_of(pid: int) -> list[psutil.Process]:
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _name_of(child).startswith(STUB[:15])]


def _name_of(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def _is_running(process: psutil.Process) -> bool:
    """False for a zombie too: tritonserver does not reap its children."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
