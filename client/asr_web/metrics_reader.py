"""What the server's metrics page says at one moment."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_PAGE_BYTES = 1 << 20
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_BUCKET = re.compile(r'asr_request_seconds_bucket\{.*?le="([^"]+)"')


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
    failures: float
    latency_sum_s: float
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
    values: dict[str, float] = {}
    buckets: dict[float, float] = {}
    model: dict[str, str] = {}
    for line in page.splitlines():
        if not line or line.startswith("#"):
            continue
        series, _, number = line.rpartition(" ")
        name = series.partition("{")[0]
        bucket = _BUCKET.match(series)
        if bucket:
            buckets[float(bucket[1])] = _number(number)
        elif name == "asr_model_info":
            model = dict(_LABEL.findall(series))
        elif name == "asr_engine_healthy":  # one for each GPU; all must be
            values[name] = min(values.get(name, 1.0), _number(number))
        else:
            values[name] = values.get(name, 0.0) + _number(number)
        if name == "asr_requests_total" and 'outcome="failed"' in series:
            values["failures"] = _number(number)
    get = values.get
    return ServerSample(
        at_s=at_s,
        is_healthy=get("asr_engine_healthy", 0.0) > 0,
        queued=get("nv_inference_pending_request_count", 0.0),
        slots_in_use=get("asr_kv_slots_in_use", 0.0),
        slots=get("asr_kv_slots", 0.0),
        audio_s=get("asr_audio_seconds_total", 0.0),
        requests=get("asr_requests_total", 0.0),
        failures=get("failures", 0.0),
        latency_sum_s=get("asr_request_seconds_sum", 0.0),
        latency_buckets=tuple(sorted(buckets.items())),
        model=model,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
