"""The engine's counters and gauges on Triton's metrics endpoint, published from one thread."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asr_engine.engine import AsrEngine
from asr_engine.request import AsrResult
from asr_engine.stats import OUTCOMES, EngineStats
from asr_engine.triton.wakeup import Waker

log = logging.getLogger(__name__)

PERIOD_S = 0.25
SECONDS_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

HEARTBEAT_TIME = "asr_loop_heartbeat_timestamp_seconds"
HEALTHY = "asr_engine_healthy"


@dataclass(frozen=True, slots=True)
class Series:
    """One line on the metrics page: a number of the engine's snapshot."""

    name: str
    help: str
    read: Callable[[EngineStats], float]
    label: str = ""  # value of the family's label "outcome"


def _answered(outcome: str) -> Series:
    return Series("asr_requests_total", "Requests answered", lambda s: s.requests[outcome], outcome)


COUNTERS: tuple[Series, ...] = (
    Series("asr_audio_seconds_total", "Audio answered, seconds", lambda s: s.audio_s),
    Series("asr_tokens_total", "Tokens generated", lambda s: s.tokens),
    Series("asr_encode_steps_total", "Encoder calls", lambda s: s.encode_steps),
    Series("asr_encode_windows_total", "Windows over all encoder calls", lambda s: s.encode_windows),
    Series("asr_encode_seconds_total", "Time in the encoder, seconds", lambda s: s.encode_s),
    Series("asr_prefill_steps_total", "Prefill calls", lambda s: s.prefill_steps),
    Series("asr_prefill_seconds_total", "Time in prefill, seconds", lambda s: s.prefill_s),
    Series("asr_decode_steps_total", "Decode calls", lambda s: s.decode_steps),
    Series(
        "asr_decode_rows_total",
        "Rows over all decode calls; divided by the calls: mean decode batch",
        lambda s: s.decode_rows,
    ),
    Series("asr_decode_seconds_total", "Time in decode, seconds", lambda s: s.decode_s),
    Series("asr_repetition_stops_total", "Rows ended because they looped", lambda s: s.repetition_stops),
    Series("asr_loop_heartbeats_total", "Turns of the engine's loop", lambda s: s.heartbeat),
    *(_answered(outcome) for outcome in OUTCOMES),
)

GAUGES: tuple[Series, ...] = (
    Series("asr_active_sequences", "Sequences decoding now", lambda s: s.active),
    Series("asr_waiting_sequences", "Accepted requests without a slot", lambda s: s.waiting),
    Series("asr_kv_slots_in_use", "KV slots in use", lambda s: s.slots_in_use),
    Series(HEALTHY, "1 while the loop runs, 0 after it failed", lambda s: s.healthy),
)


class MetricsPublisher:
    """Brings the published values up to the engine's, four times a second.

    Triton keeps a counter when a model is loaded again, so counters get what was added since the last
    time, never an absolute value. With metrics switched off in the server this does nothing.
    """

    def __init__(
        self, engine: AsrEngine, waker: Waker, pb_utils: Any, model: dict[str, str], instance: str = ""
    ) -> None:
        """`model` becomes the labels of asr_model_info.

        `instance` labels the gauges where several engines share one page; counters add up there.
        """
        self._engine = engine
        self._waker = waker
        self._num_wakeups = 0
        self._results: queue.SimpleQueue[AsrResult] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._published: dict[Series, float | None] = {
            **dict.fromkeys(COUNTERS, 0.0),
            **dict.fromkeys(GAUGES),
        }
        self._beat = (-1, 0.0)  # last heartbeat seen, and when it changed
        label = {"instance": instance} if instance else {}
        try:
            self._board: _Board | None = _Board(engine.config.slots, pb_utils, model, label)
        except pb_utils.TritonModelException as error:
            log.warning("no metrics: %s", error)
            self._board = None
            return
        self._thread = threading.Thread(target=self._run, name="asr-metrics", daemon=True)
        self._thread.start()

    def observe(self, result: AsrResult) -> None:
        """Count one answer's latencies; never blocks."""
        if self._board is not None:
            self._results.put(result)

    def close(self) -> None:
        """End the thread and give up the metrics: the Python process crashes over those that outlive it."""
        self._closed.set()
        if self._board is not None:
            self._thread.join()
            self._board = None

    def _run(self) -> None:
        assert self._board is not None
        while True:
            self._publish(self._board)
            if self._closed.wait(PERIOD_S):
                return

    def _publish(self, board: _Board) -> None:
        """Only what has changed: each update is a call to Triton's process."""
        stats = self._engine.stats()
        for series in (*COUNTERS, *GAUGES):
            value, published = float(series.read(stats)), self._published[series]
            if value == published:
                continue
            if series in board.counters:
                board.counters[series].increment(value - (published or 0.0))
            else:
                board.gauges[series].set(value)
            self._published[series] = value
        num_wakeups = self._waker.num_calls
        if num_wakeups != self._num_wakeups:
            board.wakeups.increment(float(num_wakeups - self._num_wakeups))
            self._num_wakeups = num_wakeups
        if stats.heartbeat != self._beat[0]:
            self._beat = (stats.heartbeat, time.time())
            board.heartbeat_time.set(self._beat[1])
        while not self._results.empty():
            timings = self._results.get().timings
            board.request_seconds.observe(timings.total_s)
            if timings.first_token_s is not None:
                board.first_token_seconds.observe(timings.first_token_s)


class _Board:
    """Triton's metric objects. The families are kept: a metric disappears with its family."""

    def __init__(self, slots: int, pb_utils: Any, model: dict[str, str], instance: dict[str, str]) -> None:
        kinds = pb_utils.MetricFamily
        self._families: dict[str, Any] = {}
        self._pb_utils = pb_utils
        self.counters = {series: self._metric(series, kinds.COUNTER) for series in COUNTERS}
        self.gauges = {series: self._metric(series, kinds.GAUGE, instance) for series in GAUGES}
        self.heartbeat_time = self._family(
            HEARTBEAT_TIME, "When the engine's loop last turned, Unix time in seconds", kinds.GAUGE
        ).Metric(labels=instance)
        self.wakeups = self._family(
            "asr_queue_wakeups_total",
            "Calls made to wake the batcher; each is REJECTED as well",
            kinds.COUNTER,
        ).Metric(labels={})
        self._slots = self._family("asr_kv_slots", "KV slots", kinds.GAUGE).Metric(labels=instance)
        self._slots.set(float(slots))
        self._model = self._family("asr_model_info", "What is served; always 1", kinds.GAUGE).Metric(
            labels={**model, **instance}
        )
        self._model.set(1.0)
        self.first_token_seconds = self._family(
            "asr_first_token_seconds", "From submission to the first token, seconds", kinds.HISTOGRAM
        ).Metric(labels={}, buckets=list(SECONDS_BUCKETS))
        self.request_seconds = self._family(
            "asr_request_seconds", "From submission to the answer, seconds", kinds.HISTOGRAM
        ).Metric(labels={}, buckets=list(SECONDS_BUCKETS))

    def _metric(self, series: Series, kind: Any, instance: dict[str, str] | None = None) -> Any:
        labels = {"outcome": series.label} if series.label else instance or {}
        return self._family(series.name, series.help, kind).Metric(labels=labels)

    def _family(self, name: str, description: str, kind: Any) -> Any:
        if name not in self._families:
            self._families[name] = self._pb_utils.MetricFamily(name=name, description=description, kind=kind)
        return self._families[name]
