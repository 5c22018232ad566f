"""The engine as it is deployed: gRPC client, Triton, engine. The client shares the machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import tritonclient.grpc as triton

from asr_server.server import ServerOptions, TritonServer
from bench.load import Answer, Load, Sample, check_num_tokens

MODEL = "qwen3_asr"
BULK = 3  # Triton's level whose requests may wait ten minutes
DEADLINE_S = 900.0
STALL_S = 300.0  # a benchmark on a loaded machine must not have its server restarted


class WholeStack:
    """A server of its own, and a connection for each caller."""

    def __init__(self, repository: Path) -> None:
        self._server = TritonServer(ServerOptions(repository, start_timeout_s=900, stall_s=STALL_S))
        self._server.start()

    def run(self, load: Load) -> Sample:
        """Raises tritonclient's InferenceServerException for the first request that failed."""
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
    """A channel of its own, as separate machines would have."""

    def __init__(self, address: str) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._client = triton.InferenceServerClient(address, channel_args=options)

    def transcribe(self, load: Load) -> Answer:
        """One request of a load; raises InferenceServerException."""
        pcm = load.pcm()
        asked_at = time.perf_counter()
        audio = triton.InferInput("AUDIO", [1, len(pcm)], "INT16")
        audio.set_data_from_numpy(pcm[None, :])
        response = self._client.infer(
            MODEL,
            [audio],
            outputs=[triton.InferRequestedOutput("RESULT")],
            priority=BULK,
            client_timeout=DEADLINE_S,
            parameters={"max_new_tokens": load.num_tokens},
        )
        result = json.loads(response.as_numpy("RESULT").item())
        latency_s = time.perf_counter() - asked_at
        check_num_tokens(load, result["num_tokens"])
        timings = result["timings"]
        return Answer(latency_s, latency_s - timings["total_s"] + timings["first_token_s"])

    def close(self) -> None:
        """Close the channel."""
        self._client.close()
