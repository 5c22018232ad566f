"""Batch run: worker threads transcribe the tasks, write each result at once, and note it in the journal.

A recording that cannot be transcribed is noted, and the batch goes on. While the server does not answer,
workers wait for it within the retry budget. A full disk ends the batch, because every later result would fail
too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from asr_batch.concurrency_limiter import ConcurrencyLimiter
from asr_batch.errors import BatchStopped
from asr_batch.failures import failed_task
from asr_batch.journal import Done, Failed, Journal, digest_of, read_history
from asr_batch.plan import Plan, make_plan, source_bytes
from asr_batch.progress import Progress
from asr_batch.retry_budget import RetryBudget
from asr_batch.shard import WHOLE_BATCH
from asr_batch.store import Store
from asr_batch.task import Task, stem_of
from asr_batch.transcriber import Outcome
from asr_client.errors import ClientClosed, ClientError, ServerUnavailable, ServiceError
from asr_types.transcript import Transcript

logger = logging.getLogger(__name__)

Render = Callable[[Transcript], str]

_POLL_S = 0.25
_MAX_ROUNDS = 10  # for one recording; a round is all attempts of the client
_SHUTDOWN_S = 10.0  # how long workers may take to end: decoding cannot be interrupted


class Transcribing(Protocol):
    """The part of `Transcriber` that a batch uses."""

    def transcribe(self, task: Task) -> Outcome: ...
    def check_model(self) -> None: ...
    def check_server(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`calls` is the most calls in flight at once. `retry_budget_s` is how long the batch goes on without a
    success while the server does not answer. `formats` maps the file extension of each format beside the JSON
    to its renderer. `result_options` are all options that change results: a results folder that was begun
    with other ones is refused."""

    calls: int = 16
    retry_failed: bool = False
    verify: bool = False
    retry_budget_s: float = 300.0
    shard: str = WHOLE_BATCH
    formats: Mapping[str, Render] = field(default_factory=dict)
    result_options: Mapping[str, Any] = field(default_factory=dict)


class Batch:
    """One run of a batch. `render` makes the JSON document, which is the result itself."""

    def __init__(
        self,
        tasks: Sequence[Task],
        store: Store,
        transcriber: Transcribing,
        render: Render,
        options: BatchOptions,
    ) -> None:
        self._tasks = tasks
        self._store = store
        self._transcriber = transcriber
        self._render = render
        self._options = options
        self._limiter = ConcurrencyLimiter(options.calls)
        self._retry_budget = RetryBudget(options.retry_budget_s)
        self._lock = threading.Lock()
        self._progress = Progress(len(tasks))
        self._stopped_by: BaseException | None = None
        self._failed: dict[str, Failed] = {}

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    @property
    def failed(self) -> list[Failed]:
        """Recordings that failed in this run or an earlier one, in the order of the tasks."""
        with self._lock:
            return [self._failed[task.id] for task in self._tasks if task.id in self._failed]

    def run(self, on_progress: Callable[[Progress], None]) -> None:
        """Transcribe what is left. `on_progress` is called four times a second from this thread.

        Raises FolderOccupied before anything is sent, ServiceError when the server cannot be used at the
        start, BatchStopped, and KeyboardInterrupt once the calls in flight are cancelled. In every case
        results and journal are consistent, and the next run goes on from them.
        """
        journal = Journal(self._store.journal(self._options.shard))
        try:
            to_do = self._prepare(journal)
            if to_do:
                self._check_server()
            self._transcribe(to_do, journal, on_progress)
        finally:
            journal.close()

    def _prepare(self, journal: Journal) -> list[Task]:
        history = read_history(self._store.journals())
        options = dict(self._options.result_options)
        history.check_options(options)
        plan = make_plan(self._tasks, self._store, history, self._options.retry_failed, self._options.verify)
        journal.begin(options, len(self._tasks))
        self._apply(plan, journal)
        return plan.to_do

    def _check_server(self) -> None:
        """Wait for a busy server. An absent one raises at once in a new batch: its address is probably wrong.
        A batch that already has results waits for it."""
        if not self._progress.before:
            self._transcriber.check_server()
        while True:
            try:
                return self._transcriber.check_model()
            except ServerUnavailable as error:
                self._retry_budget.pause(error)

    def _apply(self, plan: Plan, journal: Journal) -> None:
        for task in plan.stale:
            self._store.remove(task.result_name)
        for task, done in plan.adopted:
            journal.done(task.id, done)
        self._failed = {failed.id: failed for failed in plan.failed}
        self._progress = replace(
            self._progress,
            before=len(plan.complete) + len(plan.adopted),
            failed_before=len(plan.failed),
        )

    def _transcribe(
        self, to_do: Sequence[Task], journal: Journal, on_progress: Callable[[Progress], None]
    ) -> None:
        began_at = time.monotonic()
        workers = self._start_workers(to_do, journal)
        try:
            for worker in workers:
                while worker.is_alive():
                    worker.join(_POLL_S)
                    self._count(elapsed_s=time.monotonic() - began_at, calls=self._limiter.limit)
                    on_progress(self.progress)
        except BaseException as error:  # Ctrl-C, SIGTERM, a closed terminal
            self._stop(error)
            _join(workers, _SHUTDOWN_S)
            raise
        finally:
            self._count(elapsed_s=time.monotonic() - began_at)
        if self._stopped_by is not None:
            raise self._stopped_by
        journal.end("complete" if not self._failed else f"{len(self._failed)} failed")

    def _start_workers(self, to_do: Sequence[Task], journal: Journal) -> list[threading.Thread]:
        tasks = iter(to_do)
        workers = [
            threading.Thread(target=self._work, args=(tasks, journal), name=f"asr-batch-{n}", daemon=True)
            for n in range(min(self._options.calls, len(to_do)))
        ]
        for worker in workers:
            worker.start()
        return workers

    def _work(self, tasks: Iterator[Task], journal: Journal) -> None:
        """One worker: take tasks until none is left or the batch is stopped."""
        while (permit := self._limiter.acquire()) is not None:
            was_refused = False
            try:
                with self._lock:
                    task = next(tasks, None)
                if task is None:
                    return
                was_refused = self._process(task, journal)
            except (BatchStopped, ClientClosed) as error:
                self._stop(error)
                return
            except Exception as error:  # else the worker would end unnoticed
                logger.exception("the batch ends")
                self._stop(error)
                return
            finally:
                self._limiter.release(permit, was_refused)

    def _process(self, task: Task, journal: Journal) -> bool:
        """Transcribe and write one recording; returns whether the server refused an attempt."""
        began_at = time.monotonic()
        size = source_bytes(task)
        try:
            outcome = self._outcome(task)
            documents = self._documents(task, outcome.transcript)
        except (BatchStopped, ClientClosed):
            raise
        except (ClientError, OSError) as error:
            self._note_failure(task, error, journal)
            return False
        except Exception as error:  # one recording must not end a batch of 100,000
            logger.exception("%s: unexpected", task.id)
            self._note_failure(task, error, journal)
            return False
        if self._stopped_by is not None:
            return False
        done = self._write(documents, size)
        elapsed_s = round(time.monotonic() - began_at, 3)
        cache = "hit" if outcome.is_hit else "miss"
        journal.done(task.id, done, audio_s=outcome.transcript.duration_s, elapsed_s=elapsed_s, cache=cache)
        self._note_success(outcome)
        return outcome.was_refused

    def _outcome(self, task: Task) -> Outcome:
        rounds = 0
        while True:
            try:
                outcome = self._transcriber.transcribe(task)
            except ServerUnavailable as error:
                rounds += 1
                if rounds > _MAX_ROUNDS:  # the server answers other calls, so the recording is at fault
                    raise
                if not self._wait_for_server(error):
                    raise ClientClosed("the batch was stopped") from error
                continue
            self._retry_budget.refill()
            return outcome

    def _wait_for_server(self, error: ServiceError) -> bool:
        """Wait until the server answers; False once the batch is stopped."""
        while self._retry_budget.pause(error):
            try:
                self._transcriber.check_server()
            except ServiceError:
                continue
            return True
        return False

    def _documents(self, task: Task, transcript: Transcript) -> dict[str, bytes]:
        """What to write, by name. The JSON comes last, so a result implies that its other formats exist."""
        stem = stem_of(task.id)
        formats = self._options.formats.items()
        documents = {f"{stem}.{extension}": render(transcript).encode() for extension, render in formats}
        return documents | {task.result_name: self._render(transcript).encode()}

    def _write(self, documents: Mapping[str, bytes], size: int | None) -> Done:
        content = b""
        for name, content in documents.items():
            self._store.write(name, content)
        return Done(len(content), digest_of(content), size)

    def _note_failure(self, task: Task, error: Exception, journal: Journal) -> None:
        failed = failed_task(task, error)
        logger.warning("%s: %s", task.id, failed.reason)
        journal.failed(failed)
        with self._lock:
            self._failed[task.id] = failed
            self._progress = replace(self._progress, failed=self._progress.failed + 1)

    def _note_success(self, outcome: Outcome) -> None:
        with self._lock:
            progress = self._progress
            self._progress = replace(
                progress,
                transcribed=progress.transcribed + (not outcome.is_hit),
                from_cache=progress.from_cache + outcome.is_hit,
                audio_s=progress.audio_s + outcome.transcript.duration_s,
            )

    def _count(self, **changes: Any) -> None:
        with self._lock:
            self._progress = replace(self._progress, **changes)

    def _stop(self, error: BaseException) -> None:
        """Begin no more tasks and cancel the calls in flight. Of several reasons the first one counts."""
        with self._lock:
            if self._stopped_by is not None:
                return
            self._stopped_by = error
        self._limiter.close()
        self._retry_budget.cancel()
        self._transcriber.close()


def _join(workers: Sequence[threading.Thread], timeout_s: float) -> None:
    ends_at = time.monotonic() + timeout_s
    for worker in workers:
        worker.join(max(0.0, ends_at - time.monotonic()))
