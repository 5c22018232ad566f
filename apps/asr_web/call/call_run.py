"""Run of one call: transcription and analysis of a recording in a thread of a pool."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from asr_client import AsrClient, ClientSettings, Priority
from asr_client.audio.recording import open_recording
from asr_client.errors import ClientClosed
from asr_client.segments.segment_result import SegmentResult
from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, CallMetadata, Transcript
from asr_web.failures import Failure, FailureKind, failure_of
from asr_web.inbox import Recording
from call_analysis import CallReport, Rules, analyze

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What the user says about a call. Without a language the model detects it.

    `customer_first` means that the first of two channels is the customer's. It has no effect on recordings
    with another number of channels.
    """

    language: str | None = None
    context: str = ""
    customer_first: bool = False


class RunStatus(StrEnum):
    """Names of the run states, as the page's texts, styles and tables spell them."""

    WAITING = "waiting"
    WORKING = "working"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run waits for a thread of the pool."""


@dataclass(frozen=True, slots=True)
class Working:
    """Segments done so far. `total` is None while the recording is being decoded and cut."""

    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """Transcript and report."""

    transcript: Transcript
    report: CallReport
    took_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended with an error."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The user cancelled the run."""


RunState = Waiting | Working | Finished | Failed | Cancelled


class CallRun:
    """Work on one recording. Every method may be called from any thread."""

    def __init__(
        self, recording: Recording, options: CallOptions, make_client: Callable[[], AsrClient]
    ) -> None:
        self.recording = recording
        self.options = options
        self._make_client = make_client
        self._lock = threading.Lock()
        self._client: AsrClient | None = None
        self._future: Future[Finished] | None = None
        self._progress = Working()
        self._is_cancelled = False

    @property
    def state(self) -> RunState:
        """Current state."""
        future = self._future
        if self._is_cancelled and not _is_finished(future):
            return Cancelled()
        if future is None or not future.done():
            return self._progress if future is not None and future.running() else Waiting()
        error = future.exception()
        return future.result() if error is None else Failed(failure_of(error))

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, with or without a result."""
        return not isinstance(self.state, Waiting | Working)

    def cancel(self) -> None:
        """Cancel the run; requests in flight are cancelled too, which frees their slots on the server."""
        with self._lock:
            self._is_cancelled = True
            client, future = self._client, self._future
        if future is not None:
            future.cancel()
        if client is not None:
            client.close()

    def submit(self, pool: ThreadPoolExecutor, rules: Rules) -> None:
        """Hand the work to a pool. May be called once only."""
        self._future = pool.submit(self._work, rules)
        self._future.add_done_callback(_log_unexpected)

    def when_over(self, act: Callable[[CallRun], None]) -> None:
        """Call `act` once, in the thread that ends the run, or immediately when the run is over already."""
        assert self._future is not None, "not submitted"
        self._future.add_done_callback(lambda _: act(self))

    def _work(self, rules: Rules) -> Finished:
        began_at = time.monotonic()
        with self._lock:
            if self._is_cancelled:
                raise CancelledError
            client = self._client = self._make_client()
        with client:
            transcript = client.transcribe(
                self.recording.path,
                language=self.options.language,
                context=self.options.context,
                roles=self._roles(),
                metadata=CallMetadata(source=self.recording.name),
                on_segment=self._note,
            )
        return Finished(transcript, analyze(transcript, rules), time.monotonic() - began_at)

    def _roles(self) -> tuple[str, ...] | None:
        """Roles of the channels, or None when the client's default applies."""
        if not self.options.customer_first:
            return None
        with open_recording(self.recording.path).open() as reading:
            return (ROLE_CUSTOMER, ROLE_AGENT) if reading.channels == 2 else None

    def _note(self, result: SegmentResult) -> None:
        self._progress = Working(self._progress.done + 1, result.total)


class Transcriber:
    """Starts runs. Interactive and bulk runs have a thread pool each, so that neither delays the other."""

    def __init__(self, client: ClientSettings, rules: Rules, num_interactive: int, num_bulk: int) -> None:
        self._client = client
        self._rules = rules
        self._pools = {
            Priority.INTERACTIVE: ThreadPoolExecutor(num_interactive, "asr-web-call"),
            Priority.BULK: ThreadPoolExecutor(num_bulk, "asr-web-bulk"),
        }

    def start(self, recording: Recording, options: CallOptions, priority: Priority) -> CallRun:
        """Queue a run; it begins when a thread of its pool is free."""
        settings = replace(self._client, priority=priority)
        run = CallRun(recording, options, lambda: AsrClient(settings))
        run.submit(self._pools[priority], self._rules)
        return run

    def close(self) -> None:
        """Shut the pools down and wait for their threads. Cancel the runs before."""
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)


def _is_finished(future: Future[Finished] | None) -> bool:
    return future is not None and future.done() and not future.cancelled() and future.exception() is None


def _log_unexpected(future: Future[Finished]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is None or isinstance(error, ClientClosed | CancelledError):
        return
    if failure_of(error).kind is FailureKind.INTERNAL:
        _log.error("a call failed unexpectedly", exc_info=error)
    else:
        _log.info("a call failed: %s", error)
