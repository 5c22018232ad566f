"""64 Locust users for a minute, closed loop without waiting, against a server with the default queue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USERS, SECONDS = 64, 60


@pytest.mark.timeout(300)
def test_sixty_four_users_for_a_minute_meet_no_failure(
    demo_repository: Path, tmp_path: Path, figure: Callable[[str, object, str], None]
) -> None:
    report = tmp_path / "load.json"
    command = [sys.executable, "loadtest/load_run.py", "--repository", str(demo_repository)]
    load = ["--users", str(USERS), "--seconds", str(SECONDS), "--summary", str(report)]
    finished = subprocess.run([*command, *load], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    summary = json.loads(report.read_text(encoding="utf-8"))
    figure("load test, failures", f"{summary['failures']} of {summary['requests']}", "0")
    figure("load test, audio seconds per second", summary["audio_s_per_s"], "reported")
    figure("load test, latency p95, s", summary["latency_s"]["p95"], "reported")
    assert summary["failures"] == 0
    assert summary["requests"] > USERS
