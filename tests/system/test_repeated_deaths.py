"""A long day: the server's processes die again and again while calls are being transcribed."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import psutil
import pytest

from asr_client import AsrClient, ClientSettings
from asr_server.health import State, probe_ready
from asr_server.server import ServerOptions, TritonServer

CALLS = Path(__file__).resolve().parents[2] / "demo" / "calls"
FILES = [CALLS / name for name in ("zh_price.flac", "en_price.ogg", "zh_product.ogg")]
DEATHS = 4
PAUSE_S = 3.0


def is_ready(server: TritonServer) -> bool:
    return probe_ready(server.grpc_address, timeout_s=1).state is State.READY


@pytest.mark.timeout(300)
def test_calls_come_out_the_same_while_processes_die(demo_repository: Path) -> None:
    rng = random.Random(11)
    pause, over = threading.Event(), threading.Event()
    with TritonServer(ServerOptions(repository=demo_repository, max_restarts=DEATHS + 1)) as server:
        with AsrClient(ClientSettings(address=server.grpc_address, retries=20)) as client:
            expected = [client.transcribe(path).text for path in FILES]

            def kill() -> None:
                for _ in range(DEATHS):
                    pause.wait(PAUSE_S)
                    os.kill(rng.choice([server.pid, *server.stub_pids]), signal.SIGKILL)
                    while not over.is_set() and not is_ready(server):
                        pause.wait(0.1)

            killer = threading.Thread(target=kill)
            killer.start()
            try:
                while killer.is_alive():
                    assert [client.transcribe(path).text for path in FILES] == expected
            finally:
                over.set()
                killer.join()
        assert server.restarts == DEATHS
        assert [child.pid for child in psutil.Process(server.pid).children()] == list(server.stub_pids)
