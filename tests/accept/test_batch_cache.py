"""A batch that was transcribed before comes from the cache: faster by far, and the same byte for byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asr_cli.main import main
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


@pytest.mark.timeout(900)
def test_the_second_run_is_twenty_times_faster_and_byte_identical(
    server: TritonServer, tmp_path: Path, figure: Figure
) -> None:
    def run(out: str, *words: str) -> float:
        began_at = time.perf_counter()
        command = ["batch", str(CALLS), "--out", str(tmp_path / out), "--address", server.grpc_address]
        assert main([*command, *words]) == 0
        return time.perf_counter() - began_at

    cached = ("--cache", "on", "--cache-dir", str(tmp_path / "cache"))
    run("warm")
    first_s = run("first", *cached)
    second_s = min(run(f"second-{n}", *cached) for n in range(3))
    figure("asr batch on the sample calls, cache empty, s", first_s, "-")
    figure("the same from the cache, s", second_s, "-")
    figure("cache speed-up", first_s / second_s, f">= {LEAST_SPEED_UP:g}")
    fresh = results(tmp_path / "warm")
    assert fresh
    assert results(tmp_path / "first") == fresh
    assert results(tmp_path / "second-0") == fresh
    assert first_s / second_s >= LEAST_SPEED_UP
