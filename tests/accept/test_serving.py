"""A server under more load than it has places for, and one whose Python process is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr_server.health import State, probe_ready
from asr_server.server import ServerOptions, TritonServer
from tests.server.metrics import read_metrics
from tests.server.triton_calls import BULK, INTERACTIVE, Caller, wait_for
from tests.server.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PENDING = 'nv_inference_pending_request_count{model="qwen3_asr",version="1"}'
SLOTS = 4
DEADLINE_S = 15.0
RECOVERY_S = 10.0

Figure = Callable[[str, object, str], None]


@pytest.fixture
def server(demo_repository: Path, tmp_path: Path) -> Iterator[TritonServer]:
    """The exported model with few slots; everything else as checked in."""
    model = tmp_path / "repository" / "qwen3_asr"
    shutil.copytree(demo_repository / "qwen3_asr", model)
    knobs = model / "engine.json"
    knobs.write_text(json.dumps({**json.loads(knobs.read_text()), "slots": SLOTS}))
    with TritonServer(ServerOptions(repository=model.parent, grace_s=2)) as server:
        yield server


@pytest.fixture
def caller(server: TritonServer) -> Iterator[Caller]:
    caller = Caller(server.grpc_address)
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def speech() -> NDArray[np.int16]:
    """22 s of clean speech, 16 kHz, [samples]."""
    samples, _ = soundfile.read(ROOT / "demo" / "calls" / "zh_price.flac", dtype="int16")
    return samples


def test_two_hundred_requests_at_once(
    server: TritonServer, caller: Caller, speech: NDArray[np.int16], figure: Figure
) -> None:
    calls = [caller.send(f"r{number}", speech[: 16000 * (12 + number % 9)]) for number in range(200)]
    pending = 0.0
    while not all(call.ended.is_set() for call in calls):
        pending = max(pending, read_metrics(server.metrics_address, 5)[PENDING])
        calls[-1].ended.wait(0.1)
    wait_for(calls)
    statuses = Counter(call.status for call in calls)
    refusals = {call.message for call in calls if call.status != "OK"}
    metrics = read_metrics(server.metrics_address, 5)
    batch = metrics["asr_decode_rows_total"] / metrics["asr_decode_steps_total"]
    once = sum(call.num_answers == 1 for call in calls)
    figure(f"200 at once on {SLOTS} slots, answered exactly once", once, "200")
    figure("200 at once, statuses", dict(statuses), "OK, and UNAVAILABLE beyond the queue limit")
    figure("200 at once, highest pending-request metric", pending, "> 0")
    figure("200 at once, mean decode batch", batch, "> 2")
    assert once == 200
    assert set(statuses) == {"OK", "UNAVAILABLE"}
    assert all("Exceeds maximum queue size" in message for message in refusals)
    assert pending > 0
    assert batch > 2


def test_high_priority_overtakes_bulk(caller: Caller, speech: NDArray[np.int16], figure: Figure) -> None:
    bulk = [caller.send(f"bulk-{number}", speech, priority=BULK) for number in range(120)]
    bulk[0].ended.wait(30)
    urgent = [caller.ask(f"urgent-{number}", speech, priority=INTERACTIVE) for number in range(8)]
    wait_for(bulk)
    slow, fast = (statistics.median(call.took_s for call in calls) for calls in (bulk, urgent))
    figure(
        "median wait, high priority against bulk",
        f"{fast:.2f} s / {slow:.2f} s = {fast / slow:.3f}",
        "< 0.25",
    )
    assert {call.status for call in (*bulk, *urgent)} == {"OK"}
    assert fast < slow / 4


def test_killed_python_process_is_back_within_ten_seconds(
    server: TritonServer, caller: Caller, speech: NDArray[np.int16], figure: Figure
) -> None:
    calls = [caller.send(f"load-{number}", speech, deadline_s=DEADLINE_S) for number in range(100)]
    assert calls[0].ended.wait(10)
    os.kill(server.stub_pids[0], signal.SIGKILL)
    noticed_s = wait_until(lambda: server.restarts == 1, RECOVERY_S)
    back_s = noticed_s + wait_until(
        lambda: probe_ready(server.grpc_address, 2).state is State.READY, RECOVERY_S
    )
    wait_for(calls)
    failed = [call for call in calls if call.errors]
    longest_s = max(call.took_s for call in failed)
    later = [caller.ask(f"later-{number}", speech) for number in range(8)]
    figure("killed under load, calls that ended with an error", len(failed), "all affected")
    figure("killed under load, longest wait for the error, s", longest_s, f"< {DEADLINE_S:g} (the deadline)")
    figure("killed under load, service back after, s", back_s, f"< {RECOVERY_S:g}")
    figure("killed under load, later calls", dict(Counter(call.status for call in later)), "OK")
    assert failed
    assert all(call.num_answers == 1 for call in calls)
    assert longest_s < DEADLINE_S
    assert {call.status for call in later} == {"OK"}
