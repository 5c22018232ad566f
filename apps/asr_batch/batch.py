"""Runs a batch: several calls at once, each result written as soon as it is there, every event noted.

Threads take tasks one by one. A recording that cannot be transcribed is noted and costs nothing else; a
server that is away is waited for; a disk that is full ends the batch, because every later result would fail.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from asr_batch.concurrency_limiter import Pace
from asr_batch.errors import BatchStopped
from asr_batch.journal import Done, Failed, Journal, digest_of, read_history
from asr_batch.plan import Plan, make_plan, source_bytes
from asr_batch.progress import Progress
from asr_batch.retry_budget import Patience
from asr_batch.store import Store
from asr_batch.task import Task, stem_of
from asr_batch.transcriber import Outcome
from asr_client.errors import ClientClosed, ClientError, ServerUnavailable, ServiceError
from asr_types.transcript import Transcript

logger = logging.getLogger(__name__)

Render = Callable[[Transcript], str]

_TICK_S = 0.25
_ROUNDS = 10  # all attempts of the client, again, each after the server answered
_LEAVING_S = 10.0  # a thread that is decoding cannot be interrupted


class Transcribing(Protocol):
    """What a batch needs of `Transcriber`."""

    def transcribe(self, task: Task) -> Outcome: ...
    def check_model(self) -> None: ...
    def check_server(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`formats` maps the ending of each further output to what makes it. `result_options` are all options
    that change results; a results folder keeps to the ones it was begun with."""

    calls: int = 16
    retry_failed: bool = False
    verify: bool = False
    patience_s: float = 300.0
    shard: str = "whole"
    formats: Mapping[str, Render] = field(default_factory=dict)
    result_options: Mapping[str, Any] = field(default_factory=dict)


class Batch:
    """One run. `render` makes the result itself, the JSON document."""

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
        self._pace = Pace(options.calls)
        self._patience = Patience(options.patience_s)
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
        """Recordings without a result that were tried, earlier ones included, in the order of the tasks."""
        with self._lock:
            return [self._failed[task.id] for task in self._tasks if task.id in self._failed]

    def run(self, on_tick: Callable[[Progress], None]) -> None:
        """Do what is left to do. `on_tick` is called four times a second from this thread.

        Raises FolderOccupied before anything is sent, ServiceError when the server cannot be used to begin
        with, BatchStopped, and KeyboardInterrupt after what was under way is cancelled. Results and journal
        are in order in every case.
        """
        journal = Journal(self._store.journal(self._options.shard))
        try:
            to_do = self._prepare(journal)
            if to_do:
                self._check_server()
            self._transcribe_all(to_do, journal, on_tick)
        finally:
            journal.close()

    def _prepare(self, journal: Journal) -> list[Task]:
        history = read_history(self._store.journals())
        options = dict(self._options.result_options)
        history.check_options(options)
        plan = make_plan(self._tasks, self._store, history, self._options.retry_failed, self._options.verify)
        journal.begin(options, len(self._tasks))
        self._settle(plan, journal)
        return plan.to_do

    def _check_server(self) -> None:
        """A crowd is waited for. That nobody is there is said at once, unless the batch got on before."""
        if not self._progress.before:
            self._transcriber.check_server()
        while True:
            try:
                return self._transcriber.check_model()
            except ServerUnavailable as error:
                self._patience.wait(error)

    def _settle(self, plan: Plan, journal: Journal) -> None:
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

    def _transcribe_all(
        self, to_do: Sequence[Task], journal: Journal, on_tick: Callable[[Progress], None]
    ) -> None:
        began_at = time.monotonic()
        tasks = iter(to_do)
        threads = [
            threading.Thread(target=self._work, args=(tasks, journal), name=f"asr-batch-{n}", daemon=True)
            for n in range(min(self._options.calls, len(to_do)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_TICK_S)
                    self._count(elapsed_s=time.monotonic() - began_at, calls=self._pace.limit)
                    on_tick(self.progress)
        except BaseException as error:  # Ctrl-C, SIGTERM, a terminal that went away
            self._stop(error)
            _join(threads, _LEAVING_S)
            raise
        finally:
            self._count(elapsed_s=time.monotonic() - began_at)
        if self._stopped_by is not None:
            raise self._stopped_by
        journal.end("complete" if not self._failed else f"{len(self._failed)} failed")

    def _work(self, tasks: Iterator[Task], journal: Journal) -> None:
        """One thread: task after task, until there is none or the batch is stopped."""
        while (era := self._pace.enter()) is not None:
            was_refused = False
            try:
                with self._lock:
                    task = next(tasks, None)
                if task is None:
                    return
                was_refused = self._do(task, journal)
            except (BatchStopped, ClientClosed) as error:
                self._stop(error)
                return
            except Exception as error:  # a thread that died in silence would lose a recording
                logger.exception("the batch ends")
                self._stop(error)
                return
            finally:
                self._pace.leave(era, was_refused)

    def _do(self, task: Task, journal: Journal) -> bool:
        """Transcribe and write one recording; returns whether the server refused attempts."""
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
        except Exception as error:  # one recording must not end a batch of a hundred thousand
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
                if rounds > _ROUNDS:  # the server is there for others: it is this recording
                    raise
                if not self._wait_for_server(error):
                    raise ClientClosed("the batch was stopped") from error
                continue
            self._patience.renew()
            return outcome

    def _wait_for_server(self, error: ServiceError) -> bool:
        """False once the batch is stopped."""
        while self._patience.wait(error):
            try:
                self._transcriber.check_server()
            except ServiceError:
                continue
            return True
        return False

    def _documents(self, task: Task, transcript: Transcript) -> dict[str, bytes]:
        """What to write, by name. The result itself comes last: where it is, the other formats are too."""
        stem = stem_of(task.id)
        formats = self._options.formats.items()
        documents = {f"{stem}.{ending}": render(transcript).encode() for ending, render in formats}
        return documents | {task.result_name: self._render(transcript).encode()}

    def _write(self, documents: Mapping[str, bytes], size: int | None) -> Done:
        content = b""
        for name, content in documents.items():
            self._store.write(name, content)
        return Done(len(content), digest_of(content), size)

    def _note_failure(self, task: Task, error: Exception, journal: Journal) -> None:
        failed = Failed(task.id, task.audio, type(error).__name__, _reason(error))
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
        """Nothing new is begun, what is under way is cancelled. The first reason counts."""
        with self._lock:
            if self._stopped_by is not None:
                return
            self._stopped_by = error
        self._pace.close()
        self._patience.end()
        self._transcriber.close()


def _join(threads: Sequence[threading.Thread], timeout_s: float) -> None:
    over = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0.0, over - time.monotonic()))


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return " ".join(str(error).split())
    detail = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return " ".join(f"{type(error).__name__}: {detail}".split())
