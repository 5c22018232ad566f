"""Publisher of the engine's counters and gauges on Triton's metrics page, on a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asr_engine.engine import AsrEngine
from asr_engine.metric_names import INSTANCE_LABEL, OUTCOME_LABEL, MetricName
from asr_engine.request import AsrResult
from asr_engine.stats import EngineStats, Outcome
from asr_engine.triton.wakeup import Waker

log = logging.getLogger(__name__)

PERIOD_S = 0.25
SECONDS_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

HELP = {
    MetricName.AUDIO_SECONDS: "Audio answered, seconds",
    MetricName.TOKENS: "Tokens generated",
    MetricName.REQUESTS: "Requests answered",
    MetricName.REPETITION_STOPS: "Rows ended because they looped",
    MetricName.ENCODE_STEPS: "Encoder calls",
    MetricName.ENCODE_WINDOWS: "Windows over all encoder calls",
    MetricName.ENCODE_SECONDS: "Time in the encoder, seconds",
    MetricName.PREFILL_STEPS: "Prefill calls",
    MetricName.PREFILL_SECONDS: "Time in prefill, seconds",
    MetricName.DECODE_STEPS: "Decode calls",
    MetricName.DECODE_ROWS: "Rows over all decode calls; divided by the calls: mean decode batch",
    MetricName.DECODE_SECONDS: "Time in decode, seconds",
    MetricName.HEARTBEATS: "Turns of the engine's loop",
    MetricName.HEARTBEAT_TIME: "When the engine's loop last turned, Unix time in seconds",
    MetricName.HEALTHY: "1 while the loop runs, 0 after it failed",
    MetricName.ACTIVE: "Sequences decoding now",
    MetricName.WAITING: "Accepted requests without a slot",
    MetricName.SLOTS_IN_USE: "KV slots in use",
    MetricName.SLOTS: "KV slots",
    MetricName.MODEL_INFO: "What is served; always 1",
    MetricName.WAKEUPS: "Calls made to wake the batcher; each is REJECTED as well",
    MetricName.FIRST_TOKEN_SECONDS: "From submission to the first token, seconds",
    MetricName.REQUEST_SECONDS: "From submission to the answer, seconds",
}


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the metrics page and the number of the engine's snapshot that it shows."""

    name: MetricName
    read: Callable[[EngineStats], float]
    outcome: Outcome | None = None


def _answered(outcome: Outcome) -> Series:
    return Series(MetricName.REQUESTS, lambda s: s.requests[outcome], outcome)


COUNTERS: tuple[Series, ...] = (
    Series(MetricName.AUDIO_SECONDS, lambda s: s.audio_s),
    Series(MetricName.TOKENS, lambda s: s.tokens),
    Series(MetricName.ENCODE_STEPS, lambda s: s.encode_steps),
    Series(MetricName.ENCODE_WINDOWS, lambda s: s.encode_windows),
    Series(MetricName.ENCODE_SECONDS, lambda s: s.encode_s),
    Series(MetricName.PREFILL_STEPS, lambda s: s.prefill_steps),
    Series(MetricName.PREFILL_SECONDS, lambda s: s.prefill_s),
    Series(MetricName.DECODE_STEPS, lambda s: s.decode_steps),
    Series(MetricName.DECODE_ROWS, lambda s: s.decode_rows),
    Series(MetricName.DECODE_SECONDS, lambda s: s.decode_s),
    Series(MetricName.REPETITION_STOPS, lambda s: s.repetition_stops),
    Series(MetricName.HEARTBEATS, lambda s: s.heartbeat),
    *(_answered(outcome) for outcome in Outcome),
)

GAUGES: tuple[Series, ...] = (
    Series(MetricName.ACTIVE, lambda s: s.active),
    Series(MetricName.WAITING, lambda s: s.waiting),
    Series(MetricName.SLOTS_IN_USE, lambda s: s.slots_in_use),
    Series(MetricName.HEALTHY, lambda s: s.healthy),
)


class MetricsPublisher:
    """Brings the published values up to the engine's, four times a second.

    Triton keeps a counter when a model is loaded again, so a counter gets what was added since the last time,
    never an absolute value. With metrics switched off in the server this class does nothing.
    """

    def __init__(
        self, engine: AsrEngine, waker: Waker, pb_utils: Any, model: dict[str, str], instance: str = ""
    ) -> None:
        """`model` becomes the labels of the model info gauge.

        `instance` labels the gauges where several engines share one page; their counters add up there.
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
        self._heartbeat = -1  # the last one seen
        label = {INSTANCE_LABEL: instance} if instance else {}
        try:
            self._metrics: _TritonMetrics | None = _TritonMetrics(engine.config.slots, pb_utils, model, label)
        except pb_utils.TritonModelException as error:
            log.warning("no metrics: %s", error)
            self._metrics = None
            return
        self._thread = threading.Thread(target=self._run, name="asr-metrics", daemon=True)
        self._thread.start()

    def observe(self, result: AsrResult) -> None:
        """Count one answer's latencies; never blocks."""
        if self._metrics is not None:
            self._results.put(result)

    def close(self) -> None:
        """End the thread and drop the metrics, as the Python process crashes over metrics that outlive it."""
        self._closed.set()
        if self._metrics is not None:
            self._thread.join()
            self._metrics = None

    def _run(self) -> None:
        assert self._metrics is not None
        while True:
            self._publish(self._metrics)
            if self._closed.wait(PERIOD_S):
                return

    def _publish(self, metrics: _TritonMetrics) -> None:
        """Send only what has changed, because each update is a call to Triton's process."""
        stats = self._engine.stats()
        for series in (*COUNTERS, *GAUGES):
            value, published = float(series.read(stats)), self._published[series]
            if value == published:
                continue
            if series in metrics.counters:
                metrics.counters[series].increment(value - (published or 0.0))
            else:
                metrics.gauges[series].set(value)
            self._published[series] = value
        num_wakeups = self._waker.num_calls
        if num_wakeups != self._num_wakeups:
            metrics.wakeups.increment(float(num_wakeups - self._num_wakeups))
            self._num_wakeups = num_wakeups
        if stats.heartbeat != self._heartbeat:
            self._heartbeat = stats.heartbeat
            metrics.heartbeat_time.set(time.time())
        while not self._results.empty():
            timings = self._results.get().timings
            metrics.request_seconds.observe(timings.total_s)
            if timings.first_token_s is not None:
                metrics.first_token_seconds.observe(timings.first_token_s)


class _TritonMetrics:
    """Triton's metric objects. The families are kept because a metric disappears with its family."""

    def __init__(self, slots: int, pb_utils: Any, model: dict[str, str], instance: dict[str, str]) -> None:
        kinds, buckets = pb_utils.MetricFamily, list(SECONDS_BUCKETS)
        self._families: dict[MetricName, Any] = {}
        self._pb_utils = pb_utils
        self.counters = {series: self._counter(series) for series in COUNTERS}
        self.gauges = {series: self._gauge(series.name, instance) for series in GAUGES}
        self.heartbeat_time = self._gauge(MetricName.HEARTBEAT_TIME, instance)
        self.wakeups = self._family(MetricName.WAKEUPS, kinds.COUNTER).Metric(labels={})
        self._slots = self._gauge(MetricName.SLOTS, instance)
        self._slots.set(float(slots))
        self._model = self._gauge(MetricName.MODEL_INFO, {**model, **instance})
        self._model.set(1.0)
        first_token = self._family(MetricName.FIRST_TOKEN_SECONDS, kinds.HISTOGRAM)
        self.first_token_seconds = first_token.Metric(labels={}, buckets=buckets)
        request = self._family(MetricName.REQUEST_SECONDS, kinds.HISTOGRAM)
        self.request_seconds = request.Metric(labels={}, buckets=buckets)

    def _counter(self, series: Series) -> Any:
        labels = {} if series.outcome is None else {OUTCOME_LABEL: series.outcome.value}
        return self._family(series.name, self._pb_utils.MetricFamily.COUNTER).Metric(labels=labels)

    def _gauge(self, name: MetricName, labels: dict[str, str]) -> Any:
        return self._family(name, self._pb_utils.MetricFamily.GAUGE).Metric(labels=labels)

    def _family(self, name: MetricName, kind: Any) -> Any:
        if name not in self._families:
            self._families[name] = self._pb_utils.MetricFamily(
                name=name.value, description=HELP[name], kind=kind
            )
        return self._families[name]
