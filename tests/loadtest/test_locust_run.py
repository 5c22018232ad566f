"""Locust as a user runs it, against the real server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asr_server.server import TritonServer
from load_clips import AUDIO_SUFFIXES, load_clips

ROOT = Path(__file__).resolve().parents[2]
USERS = 8


@pytest.fixture(scope="module")
def address(triton: TritonServer) -> str:
    return triton.grpc_address


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the sample calls, so that the reference run takes a second."""
    folder = tmp_path_factory.mktemp("clips")
    calls = [path for path in (ROOT / "demo" / "calls").iterdir() if path.suffix in AUDIO_SUFFIXES]
    for call in sorted(calls, key=lambda path: (path.stat().st_size, path.name))[1:4]:
        (folder / call.name).symlink_to(call)
    return folder


def locust(tmp_path: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run for three seconds; the process and its summary (empty when it wrote none)."""
    summary = tmp_path / "summary.json"
    command = [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--headless", "--only-summary"]
    load = ["-u", str(USERS), "-r", str(USERS), "-t", "3s", "--summary", str(summary)]
    done = subprocess.run(
        [*command, *load, *options], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return done, json.loads(summary.read_text()) if summary.exists() else {}


def test_users_in_a_closed_loop_get_every_text_right(address: str, clips: Path, tmp_path: Path) -> None:
    done, summary = locust(tmp_path, "--address", address, "--clips", str(clips), "--priority-mix", "2:1,3:1")
    assert done.returncode == 0, done.stderr
    assert summary["failures"] == 0
    assert summary["requests"] == summary["outcomes"]["OK"] >= USERS
    assert summary["users"] == USERS
    assert summary["audio_s_per_s"] > 0
    assert set(summary["latency_s_by_priority"]) == {"2", "3"}
    assert "audio seconds per second" in done.stdout


def test_a_text_unlike_its_reference_fails_the_run(address: str, clips: Path, tmp_path: Path) -> None:
    references = tmp_path / "references.json"
    wrong = load_clips(clips)[0].name
    references.write_text(json.dumps({wrong: "nobody said this"}))
    done, summary = locust(
        tmp_path, "--address", address, "--clips", str(clips), "--references", str(references)
    )
    assert done.returncode == 1
    assert summary["outcomes"]["text differs"] == summary["failures"] > 0
    assert summary["outcomes"]["OK"] > 0, "the other clips are right"
    assert f"text differs: {wrong}" in done.stdout + done.stderr
    assert len(json.loads(references.read_text())) == len(load_clips(clips)), "the missing texts were added"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--address", "127.0.0.1:9"], "failed to connect"),
        (["--priority-mix", "7"], "levels are 1 to 3"),
        (["--clips", "docker"], "no audio"),
    ],
)
def test_a_run_that_cannot_start_says_why(tmp_path: Path, options: list[str], reason: str) -> None:
    done, summary = locust(tmp_path, *options)
    assert done.returncode == 1
    assert "load test not started" in done.stderr
    assert reason in done.stderr
    assert not summary
