"""What breaks is replaced without a hand, and whoever was affected is told in time.

Times are compared with the start of the same server; `tests/accept/test_serving.py` measures seconds.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from asr_server.errors import GaveUp
from asr_server.health import State, probe_live, probe_ready
from asr_server.server import ServerOptions, TritonServer
from tests.server.altering import Alter
from tests.server.triton_calls import Call, Caller, wait_for
from tests.server.waiting import wait_until

RECOVERY_STARTS = 8  # a recovery takes at most so many times as long as the start did
DEADLINE_S = 30.0
STALL_S = 2.0
BACKOFF_S = 1.0  # before the second restart in a row; the first is at once


@dataclass(frozen=True, slots=True)
class Started:
    """A server, and the seconds that its start took."""

    server: TritonServer
    start_s: float

    @property
    def recovery_s(self) -> float:
        return RECOVERY_STARTS * self.start_s


@contextmanager
def start(options: ServerOptions) -> Iterator[Started]:
    began = time.monotonic()
    with TritonServer(options) as server:
        yield Started(server, time.monotonic() - began)


@pytest.fixture
def started(altered: Alter) -> Iterator[Started]:
    """A server of its own with few slots, and quick to notice a loop that hangs."""
    with start(ServerOptions(repository=altered(slots=2), grace_s=2, stall_s=STALL_S)) as started:
        yield started


def under_load(server: TritonServer, speech: NDArray[np.int16]) -> tuple[Caller, list[Call]]:
    """Sixty calls, of which the first has been answered and most have not."""
    caller = Caller(server.grpc_address)
    calls = [caller.send(f"load-{number}", speech, deadline_s=DEADLINE_S) for number in range(60)]
    wait_until(lambda: any(call.ended.is_set() for call in calls))
    return caller, calls


def assert_back_and_told(started: Started, calls: list[Call], detection_s: float = 0.0) -> None:
    """A fault just now is over in time, and every call has ended when the server answers again."""
    server, began = started.server, time.monotonic()
    timeout_s = detection_s + started.recovery_s
    wait_until(lambda: server.restarts == 1, timeout_s)
    wait_until(lambda: probe_ready(server.grpc_address, 2).state is State.READY, timeout_s)
    answered_s = time.monotonic()
    assert answered_s - began < timeout_s
    wait_for(calls)
    assert all(call.num_answers == 1 for call in calls)
    assert {call.status for call in calls} <= {"OK", "UNAVAILABLE", "INTERNAL", "CANCELLED"}
    assert any(call.errors for call in calls)
    assert max(call.started_s + call.took_s for call in calls) < answered_s


def test_death_of_the_python_process_under_load(started: Started, speech: NDArray[np.int16]) -> None:
    caller, calls = under_load(started.server, speech)
    (stub,) = started.server.stub_pids
    os.kill(stub, signal.SIGKILL)
    assert_back_and_told(started, calls)
    assert stub not in started.server.stub_pids
    later = [caller.send(f"later-{number}", speech) for number in range(5)]
    assert {call.status for call in wait_for(later)} == {"OK"}
    caller.close()


def test_death_of_triton_itself(started: Started, speech: NDArray[np.int16]) -> None:
    caller, calls = under_load(started.server, speech)
    triton, stubs = started.server.pid, started.server.stub_pids
    os.kill(triton, signal.SIGKILL)
    assert_back_and_told(started, calls)
    assert started.server.pid != triton
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in stubs))
    caller.close()


def test_hanging_engine(started: Started, speech: NDArray[np.int16]) -> None:
    server = started.server
    caller, calls = under_load(server, speech)
    (stub,) = server.stub_pids
    os.kill(stub, signal.SIGSTOP)
    assert probe_ready(server.grpc_address, 0.5).state is State.SILENT
    wait_until(
        lambda: probe_live(server.metrics_address, 1.0, 1.0).state is State.FAILED,
        STALL_S + started.recovery_s,
    )
    assert_back_and_told(started, calls, STALL_S)
    caller.close()


def test_server_that_breaks_again_and_again_is_given_up(altered: Alter) -> None:
    repository = altered()
    with start(ServerOptions(repository=repository, grace_s=2, max_restarts=2)) as started:
        (repository / "qwen3_asr" / "engine.json").write_text('{"slotz": 1}')
        began = time.monotonic()
        os.kill(started.server.pid, signal.SIGKILL)
        with pytest.raises(GaveUp, match="2 restarts in a row did not help") as caught:
            started.server.wait(30)
        assert "unknown key 'slotz'" in str(caught.value)
        assert time.monotonic() - began < BACKOFF_S + started.recovery_s
