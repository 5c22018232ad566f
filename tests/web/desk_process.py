"""The web desk as people start it: `asr web` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

START_TIMEOUT_S = 120.0


class DeskProcess:
    """A context manager. `folder` is the temporary directory the process sees."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._log = folder / "desk.log"
        self._arguments = arguments
        self.url = ""

    def __enter__(self) -> DeskProcess:
        command = [sys.executable, "-m", "asr_cli", "web", "--port", "0", *self._arguments]
        environment = {**os.environ, "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + START_TIMEOUT_S
        while "ready" not in self.log and self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if "ready" not in self.log:
            self.stop()
            raise RuntimeError(f"asr web did not start:\n{self.log}")
        self.url = next(line for line in self.log.splitlines() if line.startswith("ready")).split()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """End it as Ctrl-C would; returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text()

    @property
    def uploads(self) -> list[Path]:
        """Files that were uploaded and are still there."""
        return [path for path in self.folder.glob("asr-web-*/*/*") if path.is_file()]
