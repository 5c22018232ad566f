"""Batch of recordings: transcribed a few at a time, cancelled, retried and cleared together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from asr_web.call.call_run import CallOptions, CallRun, Cancelled, Failed, Finished, RunState
from asr_web.inbox import Recording

Start = Callable[[Recording, CallOptions], CallRun]


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """Number of files in each state."""

    total: int
    finished: int
    failed: int
    cancelled: int
    retryable: int  # failed or cancelled, and worth another try

    @property
    def over(self) -> int:
        """Files that are finished, failed or cancelled."""
        return self.finished + self.failed + self.cancelled


class Batch:
    """Runs of a batch in the order in which the files arrived. Every method may be called from any thread."""

    def __init__(self, start: Start, max_files: int) -> None:
        self._start = start
        self._max_files = max_files
        self._lock = threading.Lock()
        self.runs: list[CallRun] = []  # replaced, never changed, so that readers need no lock
        self.was_full = False  # whether a file was refused

    def add(self, recording: Recording, options: CallOptions) -> bool:
        """Add a file. When the batch is full, discard the file and return False."""
        with self._lock:
            if len(self.runs) >= self._max_files:
                self.was_full = True
                recording.discard()
                return False
            runs = [*self.runs, self._begin(recording, options)]
            # Events of the page may arrive in another order than the uploads that they announce.
            self.runs = sorted(runs, key=lambda run: run.recording.arrived_s)
        return True

    def cancel(self) -> None:
        """Cancel every file that is not over; results stay."""
        for run in reversed(
            self.runs
        ):  # last first: a free thread must not start a file that is cancelled next
            if not run.is_over:
                run.cancel()

    def retry(self) -> None:
        """Start again the files that were cancelled, and those whose failure may be temporary."""
        with self._lock:
            self.runs = [
                self._begin(run.recording, run.options) if _is_retryable(run.state) else run
                for run in self.runs
            ]

    def clear(self) -> None:
        """Cancel everything and remove all recordings."""
        with self._lock:
            runs, self.runs, self.was_full = self.runs, [], False
        for run in reversed(runs):
            run.cancel()
            run.recording.discard()

    @property
    def counts(self) -> BatchCounts:
        """Progress of the whole batch."""
        states = [run.state for run in self.runs]
        kinds = [type(state) for state in states]
        return BatchCounts(
            len(kinds),
            kinds.count(Finished),
            kinds.count(Failed),
            kinds.count(Cancelled),
            sum(map(_is_retryable, states)),
        )

    @property
    def is_over(self) -> bool:
        """Whether every file is over."""
        counts = self.counts
        return counts.over == counts.total

    def _begin(self, recording: Recording, options: CallOptions) -> CallRun:
        run = self._start(recording, options)
        run.when_over(_discard_unless_retryable)
        return run


def _discard_unless_retryable(run: CallRun) -> None:
    if not _is_retryable(run.state):
        run.recording.discard()


def _is_retryable(state: RunState) -> bool:
    return isinstance(state, Cancelled) or (isinstance(state, Failed) and not state.failure.is_final)
