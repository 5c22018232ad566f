"""Reading of the server's metrics page into the figures that the page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from asr_engine.metric_names import MetricName
from asr_server.metrics_page import PENDING_REQUESTS, MetricsPage


class MetricsUnreadable(Exception):
    """Nothing answers there, or it is no metrics page of a transcription server."""


@dataclass(frozen=True, slots=True)
class ServerSample:
    """Counters and gauges at `at_s` (of the monotonic clock)."""

    at_s: float
    is_healthy: bool
    queued: float  # requests in Triton's queue
    slots_in_use: float
    slots: float
    audio_s: float  # counters from here on
    requests: float
    latency_buckets: tuple[tuple[float, float], ...]  # upper bound in seconds, requests up to it
    model: Mapping[str, str]  # labels of asr_model_info; empty where the server does not tell


def read_sample(address: str, at_s: float, timeout_s: float = 2.0) -> ServerSample:
    """Fetch the page once. Raises MetricsUnreadable."""
    try:
        page = MetricsPage.fetch(address, timeout_s)
    except OSError as error:
        raise MetricsUnreadable(f"{address}: {error}") from error
    if not page.named(MetricName.HEALTHY):
        raise MetricsUnreadable(f"{address}: no metrics page of a transcription server")
    return sample_of(page, at_s)


def sample_of(page: MetricsPage, at_s: float) -> ServerSample:
    """The figures of one page, those of several engines added up; what is missing counts as 0."""
    buckets: dict[float, float] = defaultdict(float)
    for sample in page.named(MetricName.REQUEST_SECONDS.bucket):
        buckets[float(sample.labels["le"])] += sample.value
    models = page.named(MetricName.MODEL_INFO)
    return ServerSample(
        at_s=at_s,
        is_healthy=min(page.values(MetricName.HEALTHY), default=0.0) > 0,  # all engines must be
        queued=page.total(PENDING_REQUESTS),
        slots_in_use=page.total(MetricName.SLOTS_IN_USE),
        slots=page.total(MetricName.SLOTS),
        audio_s=page.total(MetricName.AUDIO_SECONDS),
        requests=page.total(MetricName.REQUESTS),
        latency_buckets=tuple(sorted(buckets.items())),
        model=models[-1].labels if models else {},
    )
