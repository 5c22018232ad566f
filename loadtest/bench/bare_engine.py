"""Bare engine as a contender: requests and answers within one process, without a server."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.errors import EngineError
from asr_engine.request import AsrRequest, AsrResult
from asr_engine.stats import EngineStats
from asr_export.assembly import ARTIFACTS, MODEL_NAME
from bench.load import Answer, Load, Sample, Stages, check_num_tokens


class BareEngine:
    """One thread plays all callers: it submits a request when a caller and an admission permit are free."""

    def __init__(self, repository: Path) -> None:
        config = EngineConfig.load(repository / MODEL_NAME / "engine.json")
        self._engine = AsrEngine.load(repository / ARTIFACTS, config)

    def run(self, load: Load) -> Sample:
        """Serve a load. Raises the EngineError of the first request that failed."""
        before = self._settled_stats()
        started_at = time.perf_counter()
        answers = self._answers(load)
        wall_s = time.perf_counter() - started_at
        return Sample(wall_s, answers, _stages_between(before, self._settled_stats()))

    def close(self) -> None:
        self._engine.close()

    def _answers(self, load: Load) -> tuple[Answer, ...]:
        pcm = load.pcm()
        free_since: SimpleQueue[float] = SimpleQueue()  # one entry for each idle caller
        outcomes: SimpleQueue[tuple[float, AsrResult | EngineError]] = SimpleQueue()
        for _ in range(load.callers):
            free_since.put(time.perf_counter())

        def finish(asked_at: float, outcome: AsrResult | EngineError) -> None:
            now = time.perf_counter()
            outcomes.put((now - asked_at, outcome))
            free_since.put(now)

        for number in range(load.requests):
            asked_at = free_since.get()
            self._engine.wait_for_permit(None)
            request = AsrRequest(str(number), pcm, max_new_tokens=load.num_tokens)
            self._engine.submit(request, partial(finish, asked_at))
        return tuple(_answer(load, *outcomes.get()) for _ in range(load.requests))

    def _settled_stats(self) -> EngineStats:
        """Counters after the iteration that gave the last answer has ended."""
        heartbeat = self._engine.stats().heartbeat
        while (stats := self._engine.stats()).heartbeat == heartbeat and stats.healthy:
            threading.Event().wait(0.01)
        return stats


def _answer(load: Load, latency_s: float, outcome: AsrResult | EngineError) -> Answer:
    if isinstance(outcome, EngineError):
        raise outcome
    check_num_tokens(load, outcome.num_tokens)
    timings = outcome.timings
    assert timings.first_token_s is not None
    return Answer(latency_s, latency_s - timings.total_s + timings.first_token_s)


def _stages_between(before: EngineStats, after: EngineStats) -> Stages:
    encode_s = after.encode_s - before.encode_s
    prefill_s = after.prefill_s - before.prefill_s
    decode_s = after.decode_graph_s - before.decode_graph_s
    return Stages(
        encode_s=encode_s,
        prefill_s=prefill_s,
        decode_s=decode_s,
        host_s=after.busy_s - before.busy_s - encode_s - prefill_s - decode_s,
        decode_steps=after.decode_steps - before.decode_steps,
        decode_rows=after.decode_rows - before.decode_rows,
    )
