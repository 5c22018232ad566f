"""Puts the results of all shards together, and proves that every row of the manifest has exactly one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from asr_batch.journal import Failed, History, digest_of, read_history
from asr_batch.plan import read_result
from asr_batch.store import Store
from asr_batch.task import Task


@dataclass(slots=True)
class Census:
    """What was found for the rows of a manifest."""

    rows: int
    complete: list[Task] = field(default_factory=list)
    missing: list[Task] = field(default_factory=list)  # neither a result nor a failure
    failed: list[Failed] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)  # id: what is wrong with the result
    strangers: list[str] = field(default_factory=list)  # results that no row asks for

    @property
    def is_complete(self) -> bool:
        """Whether every row has its result and there are no others."""
        return len(self.complete) == self.rows and not self.strangers


def take_census(tasks: Sequence[Task], store: Store) -> Census:
    """Compare rows, results and journals; every result is read. Raises OutputFailed."""
    history = read_history(store.journals())
    results = store.results()
    census = Census(len(tasks))
    for task in tasks:
        if task.result_name not in results:
            _note_absent(census, task, history)
        elif complaint := _complaint(task, store, history):
            census.damaged[task.id] = complaint
        else:
            census.complete.append(task)
    expected = {task.result_name for task in tasks}
    census.strangers = sorted(name for name in results if name not in expected)
    return census


def merged_lines(census: Census, store: Store) -> Iterator[str]:
    """The transcripts in the order of the manifest, one a line."""
    for task in census.complete:
        yield json.dumps(json.loads(store.read(task.result_name)), ensure_ascii=False) + "\n"


def _note_absent(census: Census, task: Task, history: History) -> None:
    failed = history.failed.get(task.id)
    if failed is not None:
        census.failed.append(failed)
    else:
        census.missing.append(task)


def _complaint(task: Task, store: Store, history: History) -> str | None:
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
