"""Whole stack as a contender: gRPC client, Triton and engine, all on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from asr_call import AsrConnection
from asr_server.server import ServerOptions, TritonServer
from bench.load import Answer, Load, Sample, check_num_tokens
from priority_mix import LOWEST_PRIORITY

DEADLINE_S = 900.0
STALL_S = 300.0  # long, so that the server is not restarted on a loaded machine


class WholeStack:
    """Runs a server of its own, with a connection for each caller."""

    def __init__(self, repository: Path) -> None:
        self._server = TritonServer(ServerOptions(repository, start_timeout_s=900, stall_s=STALL_S))
        self._server.start()

    def run(self, load: Load) -> Sample:
        """Serve a load. Raises tritonclient's InferenceServerException for the first request that failed."""
        turns = iter(range(load.requests))
        lock = threading.Lock()

        def take_turns() -> Iterator[None]:
            while True:
                with lock:
                    if next(turns, None) is None:
                        return
                yield

        def call(_: None) -> list[Answer]:
            caller = Caller(self._server.grpc_address)
            try:
                return [caller.transcribe(load) for _ in take_turns()]
            finally:
                caller.close()

        started_at = time.perf_counter()
        with ThreadPoolExecutor(load.callers) as pool:
            answers = [answer for share in pool.map(call, repeat(None, load.callers)) for answer in share]
        return Sample(time.perf_counter() - started_at, tuple(answers))

    def close(self) -> None:
        self._server.stop()


class Caller:
    """A gRPC channel of its own, as separate machines would have."""

    def __init__(self, address: str) -> None:
        self._connection = AsrConnection(address, DEADLINE_S)

    def transcribe(self, load: Load) -> Answer:
        """Send one request of a load. Raises InferenceServerException or WrongWork."""
        pcm = load.pcm()
        asked_at = time.perf_counter()
        content = self._connection.infer(
            pcm, "RESULT", LOWEST_PRIORITY, parameters={"max_new_tokens": load.num_tokens}
        )
        result = json.loads(content)
        latency_s = time.perf_counter() - asked_at
        check_num_tokens(load, result["num_tokens"])
        timings = result["timings"]
        return Answer(latency_s, latency_s - timings["total_s"] + timings["first_token_s"])

    def close(self) -> None:
        self._connection.close()
