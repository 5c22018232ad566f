"""The model's process ends with its server, whatever state it is in."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # processes are killed and waited for

# Started by a parent that ends at once. PyDLL calls keep Python's lock: no other thread runs meanwhile.
ORPHAN = """
import ctypes, os, sys, time
from asr_engine.triton.parent_watchdog import ParentWatchdog
ParentWatchdog(stuck_s=1.0)
time.sleep(0.2)
print(os.getpid(), flush=True)
{sleep}
"""
PARENT = "import subprocess, sys; sys.stdout.write(subprocess.Popen([sys.executable, '-c', sys.argv[1]], \
stdout=subprocess.PIPE, text=True).stdout.readline())"


@pytest.mark.parametrize("sleep", ["time.sleep(60)", "ctypes.PyDLL(None).sleep(60)"])
def test_an_orphan_ends_even_when_it_holds_pythons_lock(sleep: str) -> None:
    command = [sys.executable, "-c", PARENT, ORPHAN.format(sleep=sleep)]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=30)
    orphan = int(finished.stdout)
    deadline = time.monotonic() + 20
    while _runs(orphan):
        assert time.monotonic() < deadline, "the orphan is still there"
        time.sleep(0.1)


def test_a_process_whose_parent_lives_goes_on() -> None:
    code = "from asr_engine.triton.parent_watchdog import ParentWatchdog; import time; "
    code += "ParentWatchdog(stuck_s=1.0); time.sleep(3); print('fine')"
    finished = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert finished.stdout == "fine\n"


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")")[-1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
