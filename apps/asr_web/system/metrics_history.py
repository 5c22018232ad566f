"""History of the server's metrics: rates and latencies of the last minutes, from periodic samples."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from asr_web.system.metrics_reader import MetricsUnreadable, ServerSample

PERIOD_S = 2.0
SPAN_S = 300.0
_RATE_OVER_S = 10.0
_LATENCY_OVER_S = 60.0

_log = logging.getLogger(__name__)


class ServerCondition(StrEnum):
    """State of the server after the last sample."""

    UNKNOWN = "unknown"  # no sample yet
    READY = "ready"
    FAILED = "failed"  # an engine is unhealthy
    DOWN = "down"  # the metrics page cannot be read


@dataclass(frozen=True, slots=True)
class Point:
    """Value at a time; None when there is no value, such as a latency without requests."""

    at_s: float
    value: float | None


class MetricsHistory:
    """Samples of the last SPAN_S seconds; None marks a time at which the page could not be read."""

    def __init__(
        self, read: Callable[[], ServerSample], time_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._time_s = time_s
        self._samples: deque[tuple[float, ServerSample | None]] = deque(maxlen=int(SPAN_S / PERIOD_S) + 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asr-web-metrics", daemon=True)

    def start(self) -> None:
        """Start the thread that samples until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def sample(self) -> None:
        """Read the metrics page once."""
        at_s = self._time_s()
        try:
            self._samples.append((at_s, self._read()))
        except MetricsUnreadable as error:
            _log.debug("no metrics: %s", error)
            self._samples.append((at_s, None))

    @property
    def latest(self) -> ServerSample | None:
        """The last sample; None before the first one and while the page cannot be read."""
        return self._samples[-1][1] if self._samples else None

    @property
    def condition(self) -> ServerCondition:
        """State of the server after the last sample."""
        if not self._samples:
            return ServerCondition.UNKNOWN
        latest = self.latest
        if latest is None:
            return ServerCondition.DOWN
        return ServerCondition.READY if latest.is_healthy else ServerCondition.FAILED

    def throughput(self) -> list[Point]:
        """Audio seconds answered per second; each point covers the ten seconds before it."""
        return self._over(_RATE_OVER_S, _rate)

    def latency(self, share: float) -> list[Point]:
        """Latency quantile `share` in seconds; each point covers the requests of the minute before it."""
        return self._over(_LATENCY_OVER_S, lambda before, now: _quantile(before, now, share))

    def queued(self) -> list[Point]:
        """Requests in the server's queue."""
        return [Point(at_s, sample.queued if sample else None) for at_s, sample in list(self._samples)]

    def slots_in_use(self) -> list[Point]:
        """Sequences that are decoding."""
        return [Point(at_s, sample.slots_in_use if sample else None) for at_s, sample in list(self._samples)]

    def _over(
        self, span_s: float, value: Callable[[ServerSample, ServerSample], float | None]
    ) -> list[Point]:
        points: list[Point] = []
        window: deque[ServerSample] = deque()
        for at_s, sample in list(self._samples):
            if sample is None or (
                window and sample.audio_s < window[-1].audio_s
            ):  # a restarted server counts from 0
                window.clear()
            if sample is None:
                points.append(Point(at_s, None))
                continue
            window.append(sample)
            while len(window) > 2 and sample.at_s - window[1].at_s >= span_s:
                window.popleft()
            points.append(Point(at_s, value(window[0], sample) if len(window) > 1 else None))
        return points

    def _run(self) -> None:
        while True:
            self.sample()
            if self._ended.wait(PERIOD_S):
                return


def _rate(before: ServerSample, now: ServerSample) -> float:
    return (now.audio_s - before.audio_s) / max(now.at_s - before.at_s, 0.001)


def _quantile(before: ServerSample, now: ServerSample, share: float) -> float | None:
    """Quantile from the histogram, interpolated linearly between its bounds."""
    counts_before = dict(before.latency_buckets)
    counts = [(0.0, 0.0)] + [
        (bound, count - counts_before.get(bound, 0.0)) for bound, count in now.latency_buckets
    ]
    total = counts[-1][1]
    if total <= 0:
        return None
    wanted = share * total
    for (low, below), (bound, up_to) in pairwise(counts):
        if up_to >= wanted:
            if bound == float("inf"):
                return low
            return low + (bound - low) * (wanted - below) / max(up_to - below, 1e-9)
    return None
