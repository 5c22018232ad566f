"""What the server's metrics page says at one moment."""

from __future__ import annotations

import http.client
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

_MAX_PAGE_BYTES = 1 << 20
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


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
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        page = answer.read(_MAX_PAGE_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise MetricsUnreadable(f"{address}: {error}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK or "asr_engine_healthy" not in page:
        raise MetricsUnreadable(f"{address}: no metrics page of a transcription server")
    return parse_sample(page, at_s)


def parse_sample(page: str, at_s: float) -> ServerSample:
    """Read the text of a metrics page; what is missing counts as 0."""
    series = list(_series(page))

    def total(name: str) -> float:
        return sum(value for known, _, value in series if known == name)

    buckets: dict[float, float] = defaultdict(float)
    for name, labels, value in series:
        if name == "asr_request_seconds_bucket" and "le" in labels:
            buckets[float(labels["le"])] += value
    models = [labels for name, labels, _ in series if name == "asr_model_info"]
    health = [value for name, _, value in series if name == "asr_engine_healthy"]
    return ServerSample(
        at_s=at_s,
        is_healthy=min(health, default=0.0) > 0,  # one for each GPU; all must be
        queued=total("nv_inference_pending_request_count"),
        slots_in_use=total("asr_kv_slots_in_use"),
        slots=total("asr_kv_slots"),
        audio_s=total("asr_audio_seconds_total"),
        requests=total("asr_requests_total"),
        latency_buckets=tuple(sorted(buckets.items())),
        model=models[-1] if models else {},
    )


def _series(page: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Name, labels and value of every line."""
    for line in page.splitlines():
        series, _, number = line.rpartition(" ")
        if not series or line.startswith("#"):
            continue
        name, _, labels = series.strip().partition("{")
        with suppress(ValueError):
            yield name, dict(_LABEL.findall(labels)), float(number)
