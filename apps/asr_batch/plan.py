"""Plan of a run: which tasks are left to do, from comparing tasks, results and journals. Changes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asr_batch.journal import Done, Failed, History, digest_of
from asr_batch.store import Store
from asr_batch.task import Task
from asr_types.transcript import Transcript, transcript_from_dict

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Plan:
    """Every task is in one of `to_do`, `complete`, `adopted` and `failed`.

    Those in `stale` are also in `to_do`: they have a result that must be removed before. Those in `adopted`
    have a result that is not in a journal: the run that wrote it was killed before noting it.
    """

    to_do: list[Task] = field(default_factory=list)
    complete: list[Task] = field(default_factory=list)
    adopted: list[tuple[Task, Done]] = field(default_factory=list)
    stale: list[Task] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)  # in an earlier run, and not tried again


def make_plan(
    tasks: Sequence[Task], store: Store, history: History, retry_failed: bool, verify: bool
) -> Plan:
    """`verify` also compares the digest of each result. Raises OutputFailed when results cannot be listed."""
    plan = Plan()
    results = store.results()
    for task in tasks:
        size = results.get(task.result_name)
        if size is not None:
            _judge(plan, task, size, history.done.get(task.id), store, verify)
        elif task.id in history.failed and not retry_failed:
            plan.failed.append(history.failed[task.id])
        else:
            plan.to_do.append(task)
    return plan


def source_bytes(task: Task) -> int | None:
    """Size of a local audio file; None for a remote or absent one."""
    if "://" in task.audio:
        return None
    try:
        return Path(task.audio).stat().st_size
    except OSError:
        return None


def read_result(content: bytes) -> Transcript:
    """The transcript in a result. Raises ValueError for anything else."""
    return transcript_from_dict(json.loads(content))


def _judge(plan: Plan, task: Task, size: int, done: Done | None, store: Store, verify: bool) -> None:
    if done is None:
        adopted = _adopt(task, store.read(task.result_name))
        if adopted is not None:
            plan.adopted.append((task, adopted))
            return
        reason = "is no transcript of it"
    elif size != done.result_bytes or (verify and digest_of(store.read(task.result_name)) != done.digest):
        reason = "is not as it was written"
    elif _has_changed(task, done):
        reason = "is of other audio: the file has another size now"
    else:
        plan.complete.append(task)
        return
    logger.warning("%s: the result %s; it is made anew", task.id, reason)
    plan.stale.append(task)
    plan.to_do.append(task)


def _adopt(task: Task, content: bytes) -> Done | None:
    try:
        transcript = read_result(content)
    except ValueError:
        return None
    if transcript.metadata.call_id != task.metadata.call_id:
        return None
    return Done(len(content), digest_of(content), source_bytes(task))


def _has_changed(task: Task, done: Done) -> bool:
    now = source_bytes(task)
    return now is not None and done.source_bytes is not None and now != done.source_bytes
