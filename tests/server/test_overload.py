"""More requests than places: Triton's own queue holds them, orders them, times them out and refuses them."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_server.health import State, probe_live, probe_ready
from asr_server.server import ServerOptions, TritonServer
from tests.server.altering import alter
from tests.server.metrics import read_metrics, settled
from tests.server.triton_calls import BULK, INTERACTIVE, Caller, wait_for
from tests.server.waiting import wait_until

PENDING = 'nv_inference_pending_request_count{model="qwen3_asr",version="1"}'
QUEUE_LIMIT = 128


@pytest.fixture(scope="module")
def small(demo_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A server with four slots and the queue of the checked-in configuration."""
    repository = alter(demo_repository, tmp_path_factory.mktemp("small"), slots=4, lookahead=2)
    with TritonServer(ServerOptions(repository=repository, grace_s=2)) as server:
        yield server


@pytest.fixture
def small_caller(small: TritonServer) -> Iterator[Caller]:
    caller = Caller(small.grpc_address)
    yield caller
    caller.close()


def test_two_hundred_at_once_are_each_answered_or_refused_once(
    small: TritonServer, small_caller: Caller, speech: NDArray[np.int16]
) -> None:
    before = read_metrics(small.metrics_address, 5)
    clips = [speech[: 16000 * (6 + number % 9)] for number in range(200)]  # 6 to 14 s
    calls = [small_caller.send(f"r{number}", clip) for number, clip in enumerate(clips)]
    wait_until(lambda: read_metrics(small.metrics_address, 5)[PENDING] > 0)
    wait_for(calls)
    assert [call.num_answers for call in calls] == [1] * len(calls)

    statuses = Counter(call.status for call in calls)
    assert set(statuses) == {"OK", "UNAVAILABLE"}
    assert statuses["OK"] >= QUEUE_LIMIT
    refused = [call for call in calls if call.status == "UNAVAILABLE"]
    assert all("Exceeds maximum queue size" in call.message for call in refused)

    expected: dict[int, str] = {}
    for clip, call in zip(clips, calls, strict=True):
        if call.status == "OK":
            assert expected.setdefault(len(clip), call.texts[0]) == call.texts[0]

    wait_until(lambda: read_metrics(small.metrics_address, 5)["asr_active_sequences"] == 0)
    after = read_metrics(small.metrics_address, 5)
    steps, rows = (after[name] - before[name] for name in ("asr_decode_steps_total", "asr_decode_rows_total"))
    assert rows / steps > 2


def test_interactive_requests_overtake_bulk(small_caller: Caller, speech: NDArray[np.int16]) -> None:
    clip = speech  # 22 s: a backlog of some seconds on any machine
    bulk = [small_caller.send(f"bulk-{number}", clip, priority=BULK) for number in range(120)]
    wait_until(lambda: any(call.ended.is_set() for call in bulk))
    urgent = [small_caller.ask(f"urgent-{number}", clip, priority=INTERACTIVE) for number in range(8)]
    assert not all(call.ended.is_set() for call in bulk), "bulk was over before it could be overtaken"
    wait_for([*bulk, *urgent])
    assert {call.status for call in [*bulk, *urgent]} == {"OK"}
    median_bulk, median_urgent = (statistics.median(call.took_s for call in some) for some in (bulk, urgent))
    assert median_urgent < median_bulk / 4


def test_burst_on_an_idle_server_is_handed_out_at_once(small_caller: Caller) -> None:
    """Left to itself, Triton would hand out two requests a second once no more arrive."""
    silence = np.zeros(1600, np.int16)
    for _ in range(3):
        began = time.monotonic()
        for number in range(60):
            small_caller.ask(f"alone-{number}", silence)
        one_by_one_s = time.monotonic() - began
        calls = wait_for([small_caller.send(f"burst-{number}", silence) for number in range(60)])
        assert {call.status for call in calls} == {"OK"}
        assert max(call.took_s for call in calls) < 4 * one_by_one_s  # by itself Triton takes 40 to 120 times


def test_request_that_waits_too_long_is_dropped_from_the_queue(
    small: TritonServer, small_caller: Caller, speech: NDArray[np.int16]
) -> None:
    busy = [small_caller.send(f"busy-{number}", speech) for number in range(30)]
    wait_until(lambda: read_metrics(small.metrics_address, 5)[PENDING] > 10)
    hurried = small_caller.ask("hurried", speech, priority=BULK, timeout_us=100_000)
    assert hurried.status == "UNAVAILABLE"
    assert "timeout expired" in hurried.message
    assert {call.status for call in wait_for(busy)} == {"OK"}


def test_caller_who_gives_up_in_the_queue_costs_no_place(
    small_caller: Caller, small: TritonServer, speech: NDArray[np.int16]
) -> None:
    stopped = 'asr_requests_total{outcome="stop"}'
    before = settled(lambda: read_metrics(small.metrics_address, 5), stopped)[stopped]
    busy = [small_caller.send(f"busy-{number}", speech) for number in range(30)]
    leaving = [small_caller.send(f"leaving-{number}", speech, priority=BULK) for number in range(30)]
    for call in leaving:
        call.context.cancel()
    wait_for([*busy, *leaving])
    assert {call.status for call in busy} == {"OK"}
    assert {call.status for call in leaving} == {"CANCELLED"}
    wait_until(lambda: read_metrics(small.metrics_address, 5)[PENDING] == 0)
    after = settled(lambda: read_metrics(small.metrics_address, 5), stopped)[stopped]
    assert after - before <= len(busy)


def test_full_queue_is_busy_and_not_sick(
    small: TritonServer, small_caller: Caller, speech: NDArray[np.int16]
) -> None:
    flood = [small_caller.send(f"flood-{number}", speech, priority=1) for number in range(200)]
    wait_until(lambda: any(call.ended.is_set() and call.errors for call in flood))
    # A probe that gets a place just freed waits behind 128 requests of its own priority.
    states = {probe_ready(small.grpc_address, timeout_s=60).state for _ in range(3)}
    assert states <= {State.BUSY, State.READY}
    assert State.BUSY in states
    assert probe_live(small.metrics_address, max_age_s=5, timeout_s=5).state is State.LIVE
    for call in flood:
        call.context.cancel()
    wait_for(flood)
