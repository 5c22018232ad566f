"""`asr health` as a probe runs it."""

from __future__ import annotations

import json
import subprocess
import sys

from asr_server.server import TritonServer


def health(*options: str) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "asr_cli", "health", *options]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    (line,) = finished.stdout.splitlines()
    return finished.returncode, json.loads(line)


def test_good_server_is_live_and_ready(triton: TritonServer) -> None:
    status, told = health("--live", "--address", triton.metrics_address)
    assert (status, told["status"]) == (0, "live")
    status, told = health("--ready", "--address", triton.grpc_address)
    assert (status, told["status"]) == (0, "ready")


def test_absent_server_is_neither() -> None:
    for question in ("--live", "--ready"):
        status, told = health(question, "--address", "127.0.0.1:9")
        assert (status, told["status"]) == (1, "down")
