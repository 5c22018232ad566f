"""Journals: read back whatever was interrupted, also where nothing can be appended."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from asr_batch.errors import FolderOccupied
from asr_batch.journal import Done, Failed, History, Journal, read_history
from asr_batch.progress import Progress
from asr_batch.store import open_store
from asr_cli.batch_progress import BatchProgress

DONE = Done(10, "digest", None)


@pytest.fixture(params=["local", "memory"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "out") if request.param == "local" else f"memory://journals/{tmp_path.name}"


def test_the_later_event_about_a_recording_counts(out: str) -> None:
    store = open_store(out)
    for first in (True, False):
        journal = Journal(store.journal("whole"))
        journal.begin({"language": "zh"}, 2)
        if first:
            journal.failed(Failed("a", "a.wav", "CorruptAudio", "broken"))
            journal.done("b", DONE)
        else:
            journal.done("a", DONE)
            journal.failed(Failed("b", "b.wav", "DeadlineExceeded", "late"))
        journal.close()
    history = read_history(open_store(out).journals())
    assert history.options == {"language": "zh"}
    assert history.done.keys() == {"a"}
    assert history.failed.keys() == {"b"}


def test_a_journal_of_the_first_version_is_read() -> None:
    lines = (
        b'{"event": "begin", "at": "2026-05-01T08:00:00.000+00:00", "options": {"language": "zh"}, '
        b'"tasks": 2}',
        b'{"event": "done", "at": "2026-05-01T08:00:01.000+00:00", "id": "a", "bytes": 10, '
        b'"digest": "digest", "source_bytes": null, "audio_s": 1.2, "elapsed_s": 0.1, "cache": "miss"}',
        b'{"event": "failed", "at": "2026-05-01T08:00:02.000+00:00", "id": "b", "audio": "b.wav", '
        b'"kind": "CorruptAudio", "reason": "broken"}',
        b'{"event": "end", "at": "2026-05-01T08:00:03.000+00:00", "reason": "1 failed"}',
    )
    history = read_history([b"\n".join(lines)])
    assert history.options == {"language": "zh"}
    assert history.done == {"a": DONE}
    assert history.failed == {"b": Failed("b", "b.wav", "CorruptAudio", "broken")}


def test_an_option_that_an_earlier_version_did_not_know_was_not_given() -> None:
    history = History(options={"language": "zh", "format": []})
    history.check_options({"language": "zh", "format": [], "written": False})
    with pytest.raises(FolderOccupied, match="begun with written = None, not True"):
        history.check_options({"language": "zh", "format": [], "written": True})


def test_long_journals_and_those_of_several_shards_are_read_as_one(out: str) -> None:
    journals = [Journal(open_store(out).journal(f"{index}-of-2")) for index in range(2)]
    for number in range(450):
        journals[number % 2].done(f"{number}", DONE)
    for journal in journals:
        journal.close()
    assert len(read_history(open_store(out).journals()).done) == 450


def test_a_killed_writer_to_object_storage_loses_a_few_lines_at_most() -> None:
    store = open_store("memory://journals/killed")
    journal = Journal(store.journal("whole"))
    for number in range(45):
        journal.done(f"{number}", DONE)
    assert len(read_history(store.journals()).done) == 41  # never closed


def test_lines_cut_short_or_not_understood_are_passed_over(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    journal = Journal(store.journal("whole"))
    journal.done("a", DONE)
    journal.close()
    path = tmp_path / ".asr-batch" / "journal" / "whole.jsonl"
    with path.open("a") as file:
        file.write(
            '{"event": "done"}\n[]\n{"event": "of a later version"}\n{"event": "done", "id": "b", "byt'
        )
    journal = Journal(store.journal("whole"))
    journal.done("c", DONE)
    journal.close()
    assert list(read_history(store.journals()).done) == ["a", "c"]


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    journal = store.journal("whole")
    with pytest.raises(FolderOccupied, match="another batch is writing to"):
        open_store(str(tmp_path)).journal("whole")
    journal.close()
    store.journal("whole").close()


def test_results_are_listed_with_their_sizes_and_without_journals(out: str) -> None:
    store = open_store(out)
    assert store.results() == {}
    store.journal("whole").close()
    store.write("a/呼叫.json", b"1234")
    store.write("a/呼叫.srt", b"12")
    assert store.results() == {"a/呼叫.json": 4}
    store.remove("a/呼叫.json")
    store.remove("a/呼叫.json")
    assert store.results() == {}


def test_names_that_are_no_utf8_can_be_noted(tmp_path: Path) -> None:
    name = b"caf\xe9.wav".decode(errors="surrogateescape")
    store = open_store(str(tmp_path))
    journal = Journal(store.journal("whole"))
    journal.failed(Failed(name, name, "AudioUnreadable", "no UTF-8"))
    journal.close()
    (line,) = next(iter(store.journals())).splitlines()
    assert line.isascii()
    assert json.loads(line)["id"] == name
    assert list(read_history(store.journals()).failed) == [name]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


HALF_WAY = Progress(
    total=500, before=100, transcribed=140, from_cache=5, failed=5, audio_s=6000.0, elapsed_s=30.0
)


def test_without_a_terminal_a_line_now_and_then_says_speed_and_time_left() -> None:
    now, lines = [0.0], io.StringIO()
    with BatchProgress(lines, lambda: now[0]) as progress:
        for now[0] in (1.0, 16.0, 20.0, 32.0):
            progress.show(HALF_WAY)
    line = "asr batch: 250/500 files, 5 failed, 200 audio-s/s, 0:00:50 left\n"
    assert lines.getvalue() == line * 2


def test_at_a_terminal_a_bar_counts_what_was_there_before() -> None:
    terminal = Terminal()
    with BatchProgress(terminal) as progress:
        progress.show(HALF_WAY)
        progress.show(Progress(total=500, before=100, transcribed=400, audio_s=9000.0, elapsed_s=60.0))
    last = terminal.getvalue().rstrip().rpartition("\r")[2]
    assert "500/500" in last
    assert "150 audio-s/s, 0 failed" in last
