"""Many recordings transcribed one after another, a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from asr_web.call.call_run import CallOptions, CallRun, Cancelled, Failed, Finished, RunState
from asr_web.inbox import Recording

Start = Callable[[Recording, CallOptions], CallRun]


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How many files are where."""

    total: int
    finished: int
    failed: int
    cancelled: int
    retryable: int  # failed or cancelled, and worth another try

    @property
    def over(self) -> int:
        """Files with nothing left to do."""
        return self.finished + self.failed + self.cancelled


class Batch:
    """The runs of a batch in the order the files came. Every method may be called from any thread."""

    def __init__(self, start: Start, max_files: int) -> None:
        self._start = start
        self._max_files = max_files
        self._lock = threading.Lock()
        self.runs: list[CallRun] = []  # replaced, never changed, so that readers need no lock
        self.was_full = False  # files had to be left out

    def add(self, recording: Recording, options: CallOptions) -> bool:
        """Take a file in; False, and the file is discarded, where the batch is full."""
        with self._lock:
            if len(self.runs) >= self._max_files:
                self.was_full = True
                recording.discard()
                return False
            runs = [*self.runs, self._begin(recording, options)]
            # Their events overtake each other, the uploads do not.
            self.runs = sorted(runs, key=lambda run: run.recording.arrived_s)
        return True

    def cancel(self) -> None:
        """End all files that are not done; what is done stays."""
        for run in reversed(self.runs):  # the last first, so that none moves up meanwhile
            if not run.is_over:
                run.cancel()

    def retry(self) -> None:
        """Start again what was cancelled, and what failed for a reason that may pass."""
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
        """Progress in all."""
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
        """Whether nothing is left to do."""
        counts = self.counts
        return counts.over == counts.total

    def _begin(self, recording: Recording, options: CallOptions) -> CallRun:
        run = self._start(recording, options)
        run.when_over(_tidy)
        return run


def _tidy(run: CallRun) -> None:
    """A recording that is of no more use is removed; the others may be tried again."""
    if not _is_retryable(run.state):
        run.recording.discard()


def _is_retryable(state: RunState) -> bool:
    return isinstance(state, Cancelled) or (isinstance(state, Failed) and not state.failure.is_final)
