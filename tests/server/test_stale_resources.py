"""What dead launchers left is removed, and nobody else's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from asr_server.stale_resources import new_prefix, remove_stale_resources


def dead_pid() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_only_what_dead_launchers_of_this_namespace_left_is_removed(tmp_path: Path) -> None:
    mine = new_prefix()
    dead = mine.replace(f"-{os.getpid()}-", f"-{dead_pid()}-")
    elsewhere = dead.replace("asr-triton-", "asr-triton-1")  # another pid namespace, where it may be alive
    for name in (mine, dead, elsewhere):
        (tmp_path / f"{name}region").touch()
    (tmp_path / f"{dead}directory").mkdir()
    (tmp_path / f"{dead}directory" / "tritonserver.log").touch()
    (tmp_path / "foreign").touch()
    remove_stale_resources(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{mine}region", f"{elsewhere}region", "foreign"}
