"""A batch as table, CSV and archive; a call as documents."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from asr_web.batch.batch import Batch
from asr_web.batch.batch_table import batch_csv, batch_rows
from asr_web.batch.downloads import KINDS, batch_archive, call_document
from asr_web.call.call_run import (
    CallOptions,
    CallRun,
    Cancelled,
    Failed,
    Finished,
    RunState,
    Waiting,
    Working,
)
from asr_web.failures import Failure, FailureKind
from asr_web.inbox import Recording
from tests.web.finished_calls import SettledRun, finished, transcript


def recording(name: str) -> Recording:
    return SettledRun(Waiting(), name).recording


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_the_table_has_a_row_for_every_file_whatever_became_of_it() -> None:
    states: list[RunState] = [
        finished(),
        Failed(Failure(FailureKind.CORRUPT, "no samples")),
        Cancelled(),
        Working(1, 2),
        Waiting(),
    ]
    rows = batch_rows([SettledRun(state) for state in states])
    assert [row.status for row in rows] == ["finished", "failed", "cancelled", "working", "waiting"]
    done = rows[0]
    assert (done.language, done.outcome, done.took_s) == ("Chinese", "fail", 1.25)
    assert done.intent != ""
    assert done.score is not None
    assert done.preview.startswith("您好")


def test_csv_holds_the_whole_transcript_and_the_error() -> None:
    table = rows_of(
        batch_csv(
            batch_rows([SettledRun(finished()), SettledRun(Failed(Failure(FailureKind.CORRUPT, "cut")))])
        )
    )
    assert "投诉" in table[0]["transcript"]
    assert table[1]["error"] == "cut"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_the_csv_is_a_formula(start: str) -> None:
    result = finished(transcript((("agent", 0.0, 1.0, start),)))
    (row,) = rows_of(batch_csv(batch_rows([SettledRun(result, name=f"{start}.wav")])))
    assert row["file"].startswith("'")
    assert row["transcript"].startswith("'")


@pytest.mark.parametrize("kind", KINDS)
def test_every_document_holds_what_was_said(kind: str) -> None:
    document = call_document(finished(), kind)
    assert document.name.startswith("call.")
    assert "不归我管" in document.content.decode()


def test_the_archive_keeps_files_of_one_name_apart_and_leads_out_of_no_folder() -> None:
    bad_name = finished(transcript(source="../../etc/passwd.wav"))
    runs = [
        SettledRun(finished(), "Call.wav"),
        SettledRun(finished(), "call.wav"),
        SettledRun(bad_name, "../x.wav"),
    ]
    with zipfile.ZipFile(io.BytesIO(batch_archive([*runs, SettledRun(Cancelled())]).content)) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("Call/call.json"))["segments"]
    assert len(names) == len(set(names)) == 1 + 3 * len(KINDS)
    assert {name.partition("/")[0] for name in names} == {"batch.csv", "Call", "call-2", "_x"}
    assert not [name for name in names if ".." in name.split("/")]


def settled_batch(*states: RunState, max_files: int = 3) -> Batch:
    waiting = list(states)

    def start(recording: Recording, _options: CallOptions) -> CallRun:
        run = SettledRun(waiting.pop(0))
        run.recording = recording
        return run

    return Batch(start, max_files=max_files)


def test_trying_again_starts_only_what_was_cancelled_or_may_pass() -> None:
    states: list[RunState] = [
        finished(),
        Failed(Failure(FailureKind.SERVER, "")),
        Cancelled(),
        Failed(Failure(FailureKind.CORRUPT, "")),
    ]
    batch = settled_batch(*states, Waiting(), Waiting(), max_files=4)
    for name in ("a", "b", "c", "d"):
        assert batch.add(recording(name), CallOptions())
    assert batch.is_over
    assert batch.counts.retryable == 2
    batch.retry()
    assert [type(run.state) for run in batch.runs] == [Finished, Waiting, Waiting, Failed]
    assert batch.counts.over == 2


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [
        (finished(), False),
        (Failed(Failure(FailureKind.CORRUPT, "")), False),
        (Failed(Failure(FailureKind.SERVER, "")), True),
        (Cancelled(), True),
    ],
    ids=["finished", "damaged", "server", "cancelled"],
)
def test_a_recording_stays_only_where_it_may_be_tried_again(
    tmp_path: Path, state: RunState, is_kept: bool
) -> None:
    file = tmp_path / "upload" / "call.wav"
    file.parent.mkdir()
    file.write_bytes(b"RIFF")
    settled_batch(state).add(Recording("0" * 32, "call.wav", file), CallOptions())
    assert file.exists() == is_kept


def test_a_full_batch_takes_no_more_and_says_so() -> None:
    batch = settled_batch(Waiting(), Waiting(), Waiting())
    assert [batch.add(recording(str(number)), CallOptions()) for number in range(4)] == [
        True,
        True,
        True,
        False,
    ]
    assert batch.was_full
    assert len(batch.runs) == 3


def test_files_stand_in_the_order_they_came_however_their_events_overtake_each_other() -> None:
    batch = settled_batch(Waiting(), Waiting(), Waiting())
    came = [recording(name) for name in ("first", "second", "third")]
    for index in (1, 2, 0):
        batch.add(came[index], CallOptions())
    assert [run.recording.name for run in batch.runs] == ["first", "second", "third"]
