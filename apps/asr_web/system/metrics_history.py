"""The last minutes of the server: rates and latencies from samples of its metrics page."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from asr_web.system.metrics_reader import MetricsUnreadable, ServerSample

PERIOD_S = 2.0
SPAN_S = 300.0
_RATE_OVER_S = 10.0
_LATENCY_OVER_S = 60.0

Condition = Literal["unknown", "ready", "failed", "down"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a time; None where there is none, such as a latency without requests."""

    at_s: float
    value: float | None


class MetricsHistory:
    """Samples of the last five minutes; None marks a moment when the page could not be read."""

    def __init__(
        self, read: Callable[[], ServerSample], time_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._time_s = time_s
        self._samples: deque[tuple[float, ServerSample | None]] = deque(maxlen=int(SPAN_S / PERIOD_S) + 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asr-web-metrics", daemon=True)

    def start(self) -> None:
        """Sample from a thread until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def sample(self) -> None:
        """Look once."""
        at_s = self._time_s()
        try:
            self._samples.append((at_s, self._read()))
        except MetricsUnreadable as error:
            _log.debug("no metrics: %s", error)
            self._samples.append((at_s, None))

    @property
    def latest(self) -> ServerSample | None:
        """The last sample; None while the page cannot be read."""
        return self._samples[-1][1] if self._samples else None

    @property
    def condition(self) -> Condition:
        """How the server is."""
        if not self._samples:
            return "unknown"
        latest = self.latest
        if latest is None:
            return "down"
        return "ready" if latest.is_healthy else "failed"

    def throughput(self) -> list[Point]:
        """Audio seconds answered a second, over ten seconds each."""
        return self._over(_RATE_OVER_S, _rate)

    def latency(self, share: float) -> list[Point]:
        """Seconds within which that share of a minute's requests was answered, for each moment."""
        return self._over(_LATENCY_OVER_S, lambda before, now: _quantile(before, now, share))

    def queued(self) -> list[Point]:
        """Requests waiting in the server's queue."""
        return [Point(at_s, sample.queued if sample else None) for at_s, sample in list(self._samples)]

    def slots_in_use(self) -> list[Point]:
        """Sequences that decode now."""
        return [Point(at_s, sample.slots_in_use if sample else None) for at_s, sample in list(self._samples)]

    def _over(
        self, span_s: float, value: Callable[[ServerSample, ServerSample], float | None]
    ) -> list[Point]:
        points: list[Point] = []
        window: deque[ServerSample] = deque()
        for at_s, sample in list(self._samples):
            if sample is None or (window and sample.audio_s < window[-1].audio_s):  # a new server counts anew
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
    """From the histogram, with straight lines between its bounds."""
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
