"""Reconciliation of sources and results: the proof that every row has exactly one result, and the merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from asr_batch.journal import Failed, History, digest_of, read_history
from asr_batch.plan import read_result
from asr_batch.store import Store
from asr_batch.task import Task


@dataclass(slots=True)
class Reconciliation:
    """Every task by the state of its result, and the results that belong to no task."""

    rows: int
    complete: list[Task] = field(default_factory=list)
    missing: list[Task] = field(default_factory=list)  # neither a result nor a failure
    failed: list[Failed] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)  # id: what is wrong with the result
    unexpected: list[str] = field(default_factory=list)  # names of results that belong to no task

    @property
    def is_complete(self) -> bool:
        """Whether every row has its result and there are no others."""
        return len(self.complete) == self.rows and not self.unexpected


def reconcile(tasks: Sequence[Task], store: Store) -> Reconciliation:
    """Compare tasks, results and journals; every result is read. Raises OutputFailed."""
    history = read_history(store.journals())
    results = store.results()
    found = Reconciliation(len(tasks))
    for task in tasks:
        if task.result_name not in results:
            _note_absent(found, task, history)
        elif defect := _defect(task, store, history):
            found.damaged[task.id] = defect
        else:
            found.complete.append(task)
    expected = {task.result_name for task in tasks}
    found.unexpected = sorted(name for name in results if name not in expected)
    return found


def merged_lines(found: Reconciliation, store: Store) -> Iterator[str]:
    """The transcripts in the order of the tasks, one a line."""
    for task in found.complete:
        yield json.dumps(json.loads(store.read(task.result_name)), ensure_ascii=False) + "\n"


def _note_absent(found: Reconciliation, task: Task, history: History) -> None:
    failed = history.failed.get(task.id)
    if failed is not None:
        found.failed.append(failed)
    else:
        found.missing.append(task)


def _defect(task: Task, store: Store, history: History) -> str | None:
    content = store.read(task.result_name)
    done = history.done.get(task.id)
    if done is not None and digest_of(content) != done.digest:
        return "not as it was written"
    try:
        transcript = read_result(content)
    except ValueError as error:
        return str(error)
    if transcript.metadata.call_id != task.metadata.call_id:
        return f"it is the transcript of {transcript.metadata.call_id!r}"
    return None
