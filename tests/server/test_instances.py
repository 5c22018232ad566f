"""Several engines behind one model, as on a host with several GPUs: here two on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_server.health import State, probe_live
from asr_server.server import ServerOptions, TritonServer
from tests.server.altering import Alter
from tests.server.metrics import read_metrics
from tests.server.triton_calls import Caller, wait_for
from tests.server.waiting import wait_until

NAMES = ("qwen3_asr_0_0", "qwen3_asr_0_1")


@pytest.fixture
def pair(altered: Alter) -> Iterator[TritonServer]:
    repository = altered(config={"count: 1 kind: KIND_CPU": "count: 2 kind: KIND_CPU"}, slots=2, lookahead=1)
    with TritonServer(ServerOptions(repository=repository, grace_s=2)) as server:
        yield server


def test_two_engines_share_the_queue_and_each_shows_its_own_state(
    pair: TritonServer, clips: list[NDArray[np.int16]]
) -> None:
    def gauges(name: str) -> list[float]:
        page = read_metrics(pair.metrics_address, 5)
        return [page[f'{name}{{instance="{instance}"}}'] for instance in NAMES]

    caller = Caller(pair.grpc_address)
    calls = [caller.send(f"r{number}", clips[number % len(clips)]) for number in range(36)]
    seen: set[str] = set()

    def both_have_worked() -> bool:
        seen.update(name for name, slots in zip(NAMES, gauges("asr_kv_slots_in_use"), strict=True) if slots)
        return len(seen) == len(NAMES)

    wait_until(both_have_worked)
    wait_for(calls)
    caller.close()
    assert [call.status for call in calls] == ["OK"] * len(calls)
    for early, late in zip(calls, calls[len(clips) :], strict=False):
        assert early.texts == late.texts  # whichever engine it was
    assert gauges("asr_engine_healthy") == [1.0, 1.0]
    assert gauges("asr_kv_slots") == [2.0, 2.0]
    assert probe_live(pair.metrics_address, max_age_s=10, timeout_s=5).state is State.LIVE
    wait_until(lambda: answered(pair) >= len(calls))


def answered(server: TritonServer) -> float:
    """Requests of both engines: counters of the same name add up."""
    page = read_metrics(server.metrics_address, 5)
    return sum(value for name, value in page.items() if name.startswith("asr_requests_total{"))
