"""Killed at every single step of writing, one after the other: the next run always ends well."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr_batch import local_folder
from asr_batch.batch import Batch, BatchOptions
from asr_batch.local_folder import LocalFolder
from asr_batch.task import Task
from asr_batch.transcriber import Outcome
from asr_client.formats import to_json, to_text
from asr_types.transcript import CallMetadata, Transcript

TASKS = [Task(f"call-{n}", f"memory://{n}.wav", CallMetadata(f"call-{n}", f"{n}.wav")) for n in range(3)]
KILLED = 137
MOST_STEPS = 100


class Recorder:
    """Transcribes out of nothing and notes each call; refuses to do again what is written."""

    def __init__(self, out: Path, log: Path) -> None:
        self._out = out
        self._log = log

    def transcribe(self, task: Task) -> Outcome:
        assert not (self._out / task.result_name).exists(), f"{task.id} is transcribed again"
        with self._log.open("a") as file:
            file.write(f"{task.id}\n")
        transcript = Transcript(task.metadata, 1.0, 16000, (), (), None, "model")
        return Outcome(transcript, is_hit=False, was_refused=False)

    def check_model(self) -> None: ...
    def check_server(self) -> None: ...
    def close(self) -> None: ...


def run_batch(out: Path, log: Path) -> list[str]:
    """Returns the ids that failed."""
    options = BatchOptions(calls=1, formats={"txt": to_text})
    batch = Batch(TASKS, LocalFolder(out), Recorder(out, log), to_json, options)
    batch.run(lambda _: None)
    return [failed.id for failed in batch.failed]


def run_and_die(step: int, out: Path, log: Path) -> int:
    """Run a batch in a process that ends, without any clean-up, before the given step on the disk."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _die_before(step)
            status = len(run_batch(out, log))
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _die_before(step: int) -> None:
    """Count whatever changes the disk. A write of a journal's line is cut in half when it is the last one."""
    taken = 0

    def counted(real: Callable[..., Any], halve: bool = False) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == step:
                if halve:
                    descriptor, content = args
                    os.pwrite(descriptor, content[: len(content) // 2], os.fstat(descriptor).st_size)
                os._exit(KILLED)
            return real(*args, **options)

        return call

    local_folder.os.fsync = counted(os.fsync)  # type: ignore[attr-defined]
    local_folder._write_all = counted(local_folder._write_all, halve=True)
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]
    Path.mkdir = counted(Path.mkdir)  # type: ignore[method-assign]
    Path.unlink = counted(Path.unlink)  # type: ignore[method-assign]


@pytest.mark.slow
@pytest.mark.parametrize(("second_kill", "stride"), [(None, 1), (9, 4)])
def test_wherever_it_is_killed_each_recording_has_one_result_and_none_is_written_twice(
    tmp_path: Path, second_kill: int | None, stride: int
) -> None:
    for step in range(1, MOST_STEPS, stride):
        out, log = tmp_path / f"out-{step}", tmp_path / f"log-{step}"
        status = run_and_die(step, out, log)
        if status == 0:
            break
        assert status == KILLED
        if second_kill is not None:
            assert run_and_die(second_kill, out, log) in (KILLED, 0)
        assert run_batch(out, log) == []
        for task in TASKS:
            document = json.loads((out / task.result_name).read_text())
            assert document["metadata"]["call_id"] == task.id
            assert (out / f"{task.id}.txt").exists()
        assert not list(out.rglob("unfinished/*/*"))
    assert 20 < step < MOST_STEPS  # every step there is was tried
