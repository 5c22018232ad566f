"""Health probes of a server; Triton's own health calls still say yes when its Python process is dead.

Live: the engine's loop iterated a moment ago. The metrics page shows that even while all permits are taken.
Ready: a tiny inference at top priority was answered. A server whose queue is full counts as good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import tritonclient.grpc as triton

from asr_engine.metric_names import MetricName
from asr_server.metrics_page import MetricsPage
from asr_server.options import MODEL_NAME

PROBE_ID = "probe"
PROBE_PRIORITY = 1
SAMPLE_RATE = 16000
PROBE_SAMPLES = SAMPLE_RATE // 2


class State(StrEnum):
    """Result of a probe."""

    LIVE = "live"
    READY = "ready"
    BUSY = "busy"  # the queue is full: alive, and working through it
    DOWN = "down"  # nothing answers at that address
    SILENT = "silent"  # no answer in time
    FAILED = "failed"  # something answers, but the engine does not work


@dataclass(frozen=True, slots=True)
class Health:
    """Result of one probe, with a sentence and the seconds it took."""

    state: State
    detail: str
    took_s: float

    @property
    def is_good(self) -> bool:
        return self.state in (State.LIVE, State.READY, State.BUSY)


def probe_live(metrics_address: str, max_age_s: float, timeout_s: float) -> Health:
    """Look at the heartbeat of every engine on the metrics page; the server's clock must agree with ours."""
    started = time.monotonic()
    try:
        page = MetricsPage.fetch(metrics_address, timeout_s)
    except OSError as error:
        return _health(State.DOWN, f"no metrics at {metrics_address}: {error}", started)
    heartbeats, healthy = page.values(MetricName.HEARTBEAT_TIME), page.values(MetricName.HEALTHY)
    if not heartbeats or not healthy:
        return _health(State.DOWN, "the metrics page shows no engine", started)
    age_s = time.time() - min(heartbeats)
    if not all(healthy):
        return _health(State.FAILED, "the engine's loop has failed", started)
    if age_s > max_age_s:
        return _health(State.FAILED, f"the engine's loop has not turned for {age_s:.0f} s", started)
    return _health(State.LIVE, f"the engine's loop turned {max(age_s, 0.0):.1f} s ago", started)


def probe_ready(grpc_address: str, timeout_s: float) -> Health:
    """Send half a second of faint noise at top priority, so that the model really runs."""
    started = time.monotonic()
    audio = triton.InferInput("AUDIO", [1, PROBE_SAMPLES], "INT16")
    audio.set_data_from_numpy(probe_audio()[np.newaxis])
    client = triton.InferenceServerClient(grpc_address)
    try:
        client.infer(
            MODEL_NAME,
            [audio],
            request_id=PROBE_ID,
            priority=PROBE_PRIORITY,
            client_timeout=timeout_s,
            parameters={"max_new_tokens": 1},
        )
    except triton.InferenceServerException as error:
        return _health(*_judge(error), started)
    finally:
        client.close()
    return _health(State.READY, "a test inference was answered", started)


def probe_audio() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """The same faint noise each time, loud enough that the level guard lets the model run."""
    noise = np.random.default_rng(0).standard_normal(PROBE_SAMPLES)
    return np.clip(noise * 300.0, -32768, 32767).astype(np.int16)


def _judge(error: triton.InferenceServerException) -> tuple[State, str]:
    status, message = str(error.status()).removeprefix("StatusCode."), str(error.message())
    if "Exceeds maximum queue size" in message or "Request timeout expired" in message:
        return State.BUSY, message
    if status == "DEADLINE_EXCEEDED":
        return State.SILENT, "the test inference was not answered in time"
    return (State.DOWN if status == "UNAVAILABLE" else State.FAILED), f"{status}: {message}"


def _health(state: State, detail: str, started: float) -> Health:
    return Health(state, detail, round(time.monotonic() - started, 4))
