"""What breaks is replaced without a hand, and whoever was affected is told in time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

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

RECOVERY_S = 10.0
DEADLINE_S = 30.0


@pytest.fixture
def server(altered: Alter) -> Iterator[TritonServer]:
    """A server of its own with few slots, and quick to notice a loop that hangs."""
    with TritonServer(ServerOptions(repository=altered(slots=2), grace_s=2, stall_s=2)) as server:
        yield server


def under_load(server: TritonServer, speech: NDArray[np.int16]) -> tuple[Caller, list[Call]]:
    """Sixty calls, of which the first has been answered and most have not."""
    caller = Caller(server.grpc_address)
    calls = [caller.send(f"load-{number}", speech, deadline_s=DEADLINE_S) for number in range(60)]
    wait_until(lambda: any(call.ended.is_set() for call in calls))
    return caller, calls


def time_to_answer(server: TritonServer) -> float:
    """Seconds from now until a real inference is answered again."""
    return wait_until(lambda: probe_ready(server.grpc_address, 2).state is State.READY, RECOVERY_S)


def assert_told_in_time(calls: list[Call]) -> None:
    wait_for(calls)
    assert all(call.num_answers == 1 for call in calls)
    assert {call.status for call in calls} <= {"OK", "UNAVAILABLE", "INTERNAL", "CANCELLED"}
    assert any(call.errors for call in calls)
    assert max(call.took_s for call in calls) < DEADLINE_S / 2


def test_death_of_the_python_process_under_load(server: TritonServer, speech: NDArray[np.int16]) -> None:
    caller, calls = under_load(server, speech)
    (stub,) = server.stub_pids
    os.kill(stub, signal.SIGKILL)
    wait_until(lambda: server.restarts == 1, RECOVERY_S)
    assert time_to_answer(server) < RECOVERY_S
    assert_told_in_time(calls)
    assert stub not in server.stub_pids
    later = [caller.send(f"later-{number}", speech) for number in range(5)]
    assert {call.status for call in wait_for(later)} == {"OK"}
    caller.close()


def test_death_of_triton_itself(server: TritonServer, speech: NDArray[np.int16]) -> None:
    caller, calls = under_load(server, speech)
    triton, stubs = server.pid, server.stub_pids
    os.kill(triton, signal.SIGKILL)
    wait_until(lambda: server.restarts == 1, RECOVERY_S)
    assert time_to_answer(server) < RECOVERY_S
    assert_told_in_time(calls)
    assert server.pid != triton
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in stubs))
    caller.close()


def test_hanging_engine(server: TritonServer, speech: NDArray[np.int16]) -> None:
    caller, calls = under_load(server, speech)
    (stub,) = server.stub_pids
    os.kill(stub, signal.SIGSTOP)
    assert probe_ready(server.grpc_address, 0.5).state is State.SILENT
    wait_until(lambda: probe_live(server.metrics_address, 1.0, 1.0).state is State.FAILED, RECOVERY_S)
    wait_until(lambda: server.restarts == 1, RECOVERY_S)
    time_to_answer(server)
    assert_told_in_time(calls)
    caller.close()


def test_server_that_breaks_again_and_again_is_given_up(altered: Alter) -> None:
    repository = altered()
    options = ServerOptions(repository=repository, grace_s=2, max_restarts=2)
    with TritonServer(options) as server:
        (repository / "qwen3_asr" / "engine.json").write_text('{"slotz": 1}')
        began = time.monotonic()
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(GaveUp, match="2 restarts in a row did not help") as caught:
            server.wait(30)
        assert "unknown key 'slotz'" in str(caught.value)
        assert time.monotonic() - began < 15
