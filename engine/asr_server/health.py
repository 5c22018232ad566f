"""Is the server alive, and does it answer? Triton's own health calls go on saying yes when it does not.

Alive: the engine's loop turned a moment ago, which the metrics page tells even while every place is taken.
Ready: a tiny inference at top priority came back. A full queue is a busy server, not a sick one.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import tritonclient.grpc as triton

from asr_server.options import MODEL_NAME

HEARTBEAT_TIME = "asr_loop_heartbeat_timestamp_seconds"
HEALTHY = "asr_engine_healthy"
PROBE_ID = "probe"
PROBE_PRIORITY = 1
PROBE_SAMPLES = 8000  # half a second at 16 kHz
SAMPLE_RATE = 16000


class State(StrEnum):
    """What a probe found."""

    LIVE = "live"
    READY = "ready"
    BUSY = "busy"  # the queue is full: alive, and working at it
    DOWN = "down"  # nothing answers at that address
    SILENT = "silent"  # no answer in time
    FAILED = "failed"  # something answers, but the engine does not work


@dataclass(frozen=True, slots=True)
class Health:
    """The outcome of one probe."""

    state: State
    detail: str
    took_s: float

    @property
    def is_good(self) -> bool:
        return self.state in (State.LIVE, State.READY, State.BUSY)


def probe_live(metrics_address: str, max_age_s: float, timeout_s: float) -> Health:
    """Look at the loop's heartbeat on the metrics page; its clock must agree with ours."""
    started = time.monotonic()
    try:
        metrics = read_metrics(metrics_address, timeout_s)
    except OSError as error:
        return _health(State.DOWN, f"no metrics at {metrics_address}: {error}", started)
    beats, healthy = _of_all_instances(metrics, HEARTBEAT_TIME), _of_all_instances(metrics, HEALTHY)
    if not beats or not healthy:
        return _health(State.DOWN, "the metrics page shows no engine", started)
    age_s = time.time() - min(beats)
    if not all(healthy):
        return _health(State.FAILED, "the engine's loop has failed", started)
    if age_s > max_age_s:
        return _health(State.FAILED, f"the engine's loop has not turned for {age_s:.0f} s", started)
    return _health(State.LIVE, f"the engine's loop turned {max(age_s, 0.0):.1f} s ago", started)


def _of_all_instances(metrics: dict[str, float], name: str) -> list[float]:
    """One value for each engine in the server; their names stand in a label where there are several."""
    return [value for key, value in metrics.items() if key.partition("{")[0] == name]


def probe_ready(grpc_address: str, timeout_s: float) -> Health:
    """Send half a second of faint noise at top priority, which really runs the model."""
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


def read_metrics(address: str, timeout_s: float) -> dict[str, float]:
    """All samples of the metrics page by name, labels included; raises OSError when it cannot be had."""
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        page = answer.read().decode()
        if answer.status != http.client.OK:
            raise OSError(f"HTTP status {answer.status}")
        lines = (line for line in page.splitlines() if line and not line.startswith("#"))
        pairs = (line.rsplit(" ", 1) for line in lines)
        return {name: float(value) for name, value in pairs}
    except http.client.HTTPException as error:
        raise OSError(f"not an HTTP answer: {error!r}") from error
    except ValueError as error:
        raise OSError("what answers there is no metrics page") from error
    finally:
        connection.close()


def probe_audio() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """The same faint noise each time: loud enough to pass the level guard, so that the model runs."""
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
