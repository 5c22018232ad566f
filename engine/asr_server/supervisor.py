"""Supervisor of one tritonserver: starts it, watches it, replaces it, ends it.

Whatever breaks, recovery is the same: end the server with all its processes and start a new one on the same
ports. docs/OPERATIONS.md ("Supervision") compares this with reloading just the model.
"""

from __future__ import annotations

import http.client
import logging
import threading
import time
from collections.abc import Callable

from asr_server.errors import GaveUp, ServerError, StartupFailed
from asr_server.health import State, probe_live, probe_ready
from asr_server.options import ServerOptions
from asr_server.ports import Ports
from asr_server.process import ServerProcess

log = logging.getLogger(__name__)

CHECK_S = 0.2  # between checks of the processes
METRICS_CHECK_S = 1.0  # between checks of the heartbeat
METRICS_START_S = 5.0  # the engine's metrics appear within a quarter of a second after the model is up
STABLE_S = 60.0  # after this long without a fault the count of restarts starts anew
MAX_BACKOFF_S = 30.0
FIRST_PROBE_S = 1.0


class Supervisor:
    """Owns the server process on a thread of its own; the process ends with that thread."""

    def __init__(self, spawn: Callable[[], ServerProcess], ports: Ports, options: ServerOptions) -> None:
        self._spawn = spawn
        self._options = options
        self._grpc = f"{reachable(options.host)}:{ports.grpc}"
        self._http = f"{reachable(options.host)}:{ports.http}"
        self._metrics = f"{reachable(options.host)}:{ports.metrics}"
        self._stop_grace_s: float | None = None
        self._stopping = threading.Event()
        self._settled = threading.Event()  # the first start succeeded or failed
        self._ended = threading.Event()  # waited for instead of a join, which Ctrl-C breaks in Python 3.11
        self._failure: ServerError | None = None
        self._thread = threading.Thread(target=self._run, name="asr-supervisor", daemon=True)
        self._next_metrics = self._last_live = 0.0
        self.process: ServerProcess | None = None
        self.restarts = 0

    def start(self) -> None:
        """Return once a real inference was answered; raises StartupFailed saying why not."""
        self._thread.start()
        self._settled.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self, grace_s: float) -> None:
        """End the server; requests in flight get `grace_s` to finish."""
        self._stop_grace_s = grace_s
        self._stopping.set()
        if self._thread.ident is not None:
            self._ended.wait()

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for the end; False on time-out. Raises GaveUp when restarts did not help."""
        has_ended = self._ended.wait(timeout_s)
        if self._failure is not None:
            raise self._failure
        return has_ended

    def _run(self) -> None:
        try:
            self._start_once()
            self._settled.set()
            self._watch()
        except ServerError as error:
            self._failure = error
        except Exception as error:
            # Otherwise a broken supervisor would look like a server that was told to end.
            log.exception("the supervisor failed")
            self._failure = GaveUp(f"the supervisor failed: {type(error).__name__}: {error}")
        finally:
            if self.process is not None:
                self.process.stop(self._stop_grace_s or 0.0)
            self._settled.set()
            self._ended.set()

    def _watch(self) -> None:
        up_since = time.monotonic()
        in_a_row = 0
        while not self._stopping.wait(CHECK_S):
            fault = self._fault(up_since)
            self._bound_log()
            if fault is None:
                continue
            if time.monotonic() - up_since > STABLE_S:
                in_a_row = 0
            in_a_row = self._recover(fault, in_a_row)
            up_since = time.monotonic()

    def _recover(self, fault: str, in_a_row: int) -> int:
        """Replace the server; returns the number of restarts in a row. Raises GaveUp."""
        began = time.monotonic()
        while not self._stopping.is_set():
            if in_a_row >= self._options.max_restarts:
                raise GaveUp(f"{fault}; {in_a_row} restarts in a row did not help")
            log.error("%s; restarting the server", fault)
            assert self.process is not None
            self.process.kill()
            if self._stopping.wait(min(MAX_BACKOFF_S, 2.0 ** (in_a_row - 1)) if in_a_row else 0.0):
                break
            in_a_row += 1
            self.restarts += 1
            try:
                self._start_once()
            except StartupFailed as error:
                fault = f"the restart failed: {error}"
                continue
            log.warning("the server answers again after %.1f s", time.monotonic() - began)
            break
        return in_a_row

    def _start_once(self) -> None:
        """Spawn and wait until a real inference was answered; raises StartupFailed."""
        process = self.process = self._spawn()
        deadline = time.monotonic() + self._options.start_timeout_s
        while not self._answers_http():
            self._check_start(process, deadline)
        process.note_stubs()
        probe_s = FIRST_PROBE_S
        while not (health := probe_ready(self._grpc, probe_s)).is_good:
            if health.state is State.FAILED:
                raise StartupFailed(f"the test inference failed: {health.detail}")
            self._check_start(process, deadline)
            probe_s *= 2  # enough for a slow machine, while a dead process is noticed between probes
        self._check_metrics(process)

    def _check_start(self, process: ServerProcess, deadline: float) -> None:
        """Pause before the next probe; raises StartupFailed when the server can no longer come up."""
        if process.exit_status() is not None:
            raise StartupFailed(process.startup_diagnosis())
        lost = process.lost_stub()
        if lost is not None:
            raise StartupFailed(f"the model's Python process {lost} died")
        if time.monotonic() > deadline:
            raise StartupFailed(f"not ready within {self._options.start_timeout_s:g} s")
        if self._stopping.wait(0.05):
            raise StartupFailed("it was told to stop")

    def _check_metrics(self, process: ServerProcess) -> None:
        """Fail when the metrics port is taken: Triton serves without the page, the supervisor needs it."""
        deadline = time.monotonic() + METRICS_START_S
        while not (health := probe_live(self._metrics, self._options.stall_s, METRICS_CHECK_S)).is_good:
            if time.monotonic() > deadline:
                raise StartupFailed(f"{health.detail}; {process.startup_diagnosis()}")
            self._check_start(process, deadline)

    def _answers_http(self) -> bool:
        connection = http.client.HTTPConnection(self._http, timeout=1.0)
        try:
            connection.request("GET", "/v2/health/ready")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _fault(self, up_since: float) -> str | None:
        """What is wrong with the running server; None when nothing is."""
        assert self.process is not None
        status = self.process.exit_status()
        if status is not None:
            return f"tritonserver ended with status {status}"
        lost = self.process.lost_stub()
        if lost is not None:
            return f"the model's Python process {lost} died"
        return self._heartbeat_fault(up_since)

    def _bound_log(self) -> None:
        assert self.process is not None
        try:
            self.process.bound_log()
        except OSError as error:  # a full disk must not end the server
            log.warning("the server's log cannot be shortened: %s", error)

    def _heartbeat_fault(self, up_since: float) -> str | None:
        now = time.monotonic()
        if now < self._next_metrics:
            return None
        self._next_metrics = now + METRICS_CHECK_S
        health = probe_live(self._metrics, self._options.stall_s, timeout_s=METRICS_CHECK_S)
        if health.is_good:
            self._last_live = now
        silent_s = now - max(self._last_live, up_since)
        if health.state is State.FAILED or silent_s > self._options.stall_s:
            return health.detail
        return None


def reachable(host: str) -> str:
    """The address to call for a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
