"""Runs `asr batch`, kills it at random moments, and runs it again until it ends by itself."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Killed:
    """What the kills found: for each the results that were there, by path with inode and time of writing."""

    there: list[dict[Path, tuple[int, int]]] = field(default_factory=list)
    status: int = -1


def written(out: Path) -> dict[Path, tuple[int, int]]:
    """Every result with what changes when it is written again."""
    found = {}
    for path in out.rglob("*.json"):
        if ".asr-batch" not in path.parts:
            status = path.stat()
            found[path] = (status.st_ino, status.st_mtime_ns)
    return found


def run_with_kills(words: Sequence[object], out: Path, at: Sequence[int], seed: int) -> Killed:
    """SIGKILL each run once it has brought the number of results to the next of `at`, plus up to 0.2 s.

    The seed decides on the moment; what the process is doing then is up to the machine.
    """
    rng = random.Random(seed)
    killed = Killed()
    command = [sys.executable, "-m", "asr_cli", "batch", *map(str, words)]
    for target in at:
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda target=target: len(written(out)) >= target, process)  # type: ignore[misc]
            time.sleep(rng.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL, "the batch ended before it could be killed"
        killed.there.append(written(out))
    killed.status = subprocess.run(command, check=False).returncode
    return killed


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen[bytes], timeout_s: float = 200
) -> None:
    over = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None, "the batch ended before it could be killed"
        assert time.monotonic() < over, "the batch does not get on"
        time.sleep(0.005)
