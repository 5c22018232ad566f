"""A batch that was transcribed before comes from the cache: faster by far, and the same byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from asr_server.server import ServerOptions, TritonServer

CALLS = Path(__file__).resolve().parents[2] / "demo" / "calls"
LEAST_SPEED_UP = 20.0

Figure = Callable[[str, object, str], None]


@pytest.fixture(scope="module")
def server(demo_repository: Path) -> Iterator[TritonServer]:
    with TritonServer(ServerOptions(repository=demo_repository)) as running:
        yield running


def results(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.rglob("*.json") if ".asr-batch" not in path.parts}


def seconds(out: Path) -> float:
    """From the first event of the journal, before the server is asked, to the last."""
    lines = (out / ".asr-batch" / "journal" / "whole.jsonl").read_text().splitlines()
    first, last = (datetime.fromisoformat(json.loads(lines[index])["at"]) for index in (0, -1))
    return (last - first).total_seconds()


@pytest.mark.timeout(900)
def test_the_second_run_is_twenty_times_faster_and_byte_identical(
    server: TritonServer, tmp_path: Path, figure: Figure
) -> None:
    def run(out: str, *words: str) -> float:
        command = [sys.executable, "-m", "asr_cli", "batch", str(CALLS), "--out", str(tmp_path / out)]
        subprocess.run([*command, "--address", server.grpc_address, *words], check=True, capture_output=True)
        return seconds(tmp_path / out)

    cached = ("--cache", "on", "--cache-dir", str(tmp_path / "cache"))
    plain_s = run("plain")
    first_s = run("first", *cached)
    second_s = run("second", *cached)
    figure("asr batch on the sample calls without a cache, s", plain_s, "-")
    figure("the same with an empty cache, s", first_s, "-")
    figure("the same from the cache, s", second_s, "-")
    fresh = results(tmp_path / "plain")
    assert fresh
    assert results(tmp_path / "first") == fresh
    assert results(tmp_path / "second") == fresh
    speed_up = min(plain_s, first_s) / second_s
    figure("cache speed-up", speed_up, f">= {LEAST_SPEED_UP:g}")
    assert speed_up >= LEAST_SPEED_UP
