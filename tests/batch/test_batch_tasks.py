"""What is to be done is settled before anything is sent: sources, manifests, names, shares."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import fsspec
import pytest

from asr_batch.errors import ManifestInvalid, SourceInvalid
from asr_batch.failures import failures_as_csv, failures_as_json_lines
from asr_batch.journal import Failed
from asr_batch.manifest import read_manifest
from asr_batch.shard import Shard, parse_shard
from asr_batch.sources import find_tasks
from asr_batch.task import Task, check_distinct


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")


def ids(*sources: str) -> list[str]:
    return [task.id for task in find_tasks(sources)]


def test_a_folder_gives_its_recordings_sorted_and_says_what_it_leaves_out(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(
        here, "calls/b/two.MP3", "calls/a/one.wav", "calls/.hidden.wav", "calls/notes.txt", "calls/.git/x.wav"
    )
    assert ids("calls") == ["calls/a/one.wav", "calls/b/two.MP3"]
    assert "1 files without an audio ending are left out (.txt 1)" in caplog.text


def test_equal_names_in_different_folders_have_results_of_their_own(here: Path) -> None:
    touch(here, "a/x.wav", "b/x.wav", "b/x.mp3")
    names = [task.result_name for task in find_tasks(["a", "b/x.wav", "b/x.mp3"])]
    assert names == ["a/x.wav.json", "b/x.wav.json", "b/x.mp3.json"]


def test_a_pattern_takes_files_of_any_ending(here: Path) -> None:
    touch(here, "2024-01/a.wav", "2024-02/deep/b.dat", "2023/c.wav")
    assert ids("2024-*/**/*.*") == ["2024-01/a.wav", "2024-02/deep/b.dat"]


def test_a_recording_that_two_sources_name_is_taken_once(here: Path) -> None:
    touch(here, "calls/a.wav", "calls/b.wav")
    assert ids("calls", "calls/a.wav", "./calls/*.wav") == ["calls/a.wav", "calls/b.wav"]


def test_names_that_some_file_system_takes_for_one_are_refused(here: Path) -> None:
    touch(here, "a/Call.wav", "a/call.wav")
    with pytest.raises(SourceInvalid, match=r"a/Call.wav and a/call.wav would both be written to"):
        find_tasks(["a"])
    composed, decomposed = Task("é.wav", "é.wav"), Task("e\u0301.wav", "e\u0301.wav")
    with pytest.raises(SourceInvalid):
        check_distinct([composed, decomposed])


def test_names_too_long_for_a_file_are_cut_and_stay_distinct() -> None:
    tasks = [Task(f"folder/{'话' * 80}{n}.wav", "x") for n in range(2)]
    check_distinct(tasks)
    for task in tasks:
        assert len(Path(task.result_name).name.encode()) < 255


def test_a_path_outside_stays_inside_the_results_folder(here: Path) -> None:
    touch(here, "calls/a.wav")
    assert ids("../" + here.name + "/calls") == [f"{here.name}/calls/a.wav"]
    assert ids(str(here / "calls")) == [f"{str(here).lstrip('/')}/calls/a.wav"]


@pytest.mark.parametrize("source", ["nowhere", "nowhere/*.wav", "memory://nowhere", "nosuch://x/y"])
@pytest.mark.usefixtures("here")
def test_a_source_without_recordings_is_refused(source: str) -> None:
    with pytest.raises(SourceInvalid):
        find_tasks([source])


def test_object_storage_is_listed_as_a_folder_is() -> None:
    memory = fsspec.filesystem("memory")
    for name in ("/pond/a/one.wav", "/pond/two.wav", "/pond/readme.md"):
        memory.pipe_file(name, b"RIFF")
    found = find_tasks(["memory://pond"])
    assert [(task.id, task.audio) for task in found] == [
        ("pond/a/one.wav", "memory:///pond/a/one.wav"),
        ("pond/two.wav", "memory:///pond/two.wav"),
    ]
    assert [task.id for task in find_tasks(["memory://pond/*.wav"])] == ["pond/two.wav"]


def test_a_manifest_carries_options_and_attributes_of_each_call(here: Path) -> None:
    touch(here, "audio/one.wav", "audio/two.wav")
    (here / "calls.csv").write_text(
        "\ufeffaudio,id,language,roles,agent_id,started_at,queue\n"
        'audio/one.wav,call/1,zh,"customer,agent",a7,2024-05-01T09:00:00+08:00,售后\n'
        "audio/two.wav,,,,,,\n"
    )
    first, second = find_tasks(["calls.csv"])
    assert (first.id, first.audio, first.result_name) == ("call/1", "audio/one.wav", "call/1.json")
    assert (first.language, first.roles) == ("zh", ("customer", "agent"))
    assert first.metadata.call_id == "call/1"
    assert (first.metadata.source, first.metadata.agent_id) == ("audio/one.wav", "a7")
    assert first.metadata.attributes == {"queue": "售后"}
    assert (second.id, second.language, second.roles) == ("audio/two.wav", None, None)


def test_json_lines_and_tables_say_the_same(here: Path) -> None:
    touch(here, "one.wav")
    (here / "a.jsonl").write_text('{"audio": "one.wav", "id": "1", "vip": "true", "language": null}\n\n')
    (here / "a.csv").write_text("audio,id,vip\none.wav,1,true\n")
    (here / "a.tsv").write_text("audio\tid\tvip\none.wav\t1\ttrue\n")
    assert find_tasks(["a.jsonl"]) == find_tasks(["a.csv"]) == find_tasks(["a.tsv"])


def test_a_manifest_in_object_storage_names_files_beside_it() -> None:
    fsspec.filesystem("memory").pipe_file("/bucket/calls.csv", b"audio\none.wav\ns3://other/two.wav\n")
    assert [task.audio for task in read_manifest("memory://bucket/calls.csv")] == [
        "memory://bucket/one.wav",
        "s3://other/two.wav",
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("m.csv", "", "no column 'audio'"),
        ("m.csv", "audio\n", "has no rows"),
        ("m.csv", "file,id\na.wav,1\n", "no column 'audio'; the first line is \\['file', 'id'\\]"),
        ("m.csv", "audio,id,id\na.wav,1,2\n", "the column 'id' twice"),
        ("m.csv", "audio,id\na.wav\n", "line 2: 1 values for 2 columns"),
        ("m.csv", "audio,id\na.wav,1\n,2\n,3\n", "line 3: audio is missing; line 4: audio is missing"),
        ("m.csv", "audio\na.wav\na.wav\n", "doubled rows: lines 2 and 3 are both 'a.wav'"),
        ("m.csv", "audio,id\na.wav,1\nb.wav,1\n", "lines 2 and 3 are both '1'"),
        ("m.csv", "audio,id\na.wav,../1\n", "line 2: id is '../1'"),
        ("m.csv", "audio,id\na.wav,.asr-batch/x\n", "is kept for the batch itself"),
        ("m.csv", "audio,roles\na.wav,boss\n", "line 2: role is 'boss'"),
        ("m.csv", "audio,language\na.wav,xx\n", "line 2: language is 'xx'"),
        ("m.csv", "audio,started_at\na.wav,noon\n", "started_at is 'noon'"),
        ("m.csv", 'audio\n"a.wav\n', "line 2: unexpected end of data"),
        ("m.jsonl", '{"audio": "a.wav"}\n{"audio": \n', "line 2: "),
        ("m.jsonl", "[1]\n", "line 1: .* is not an object"),
        ("m.jsonl", '{"id": "1"}\n', "line 1: audio is missing"),
    ],
)  # fmt: skip
def test_a_bad_manifest_is_refused_with_the_lines_at_fault(
    here: Path, name: str, content: str, complaint: str
) -> None:
    (here / name).write_text(content)
    with pytest.raises(ManifestInvalid, match=complaint):
        read_manifest(name)


def test_a_manifest_that_is_no_utf8_or_absent_is_refused(here: Path) -> None:
    (here / "m.csv").write_bytes("audio\n呼叫.wav\n".encode("gb18030"))
    with pytest.raises(ManifestInvalid, match="is not UTF-8"):
        read_manifest("m.csv")
    with pytest.raises(ManifestInvalid, match="cannot be read: No such file"):
        read_manifest("gone.csv")


def test_absent_files_of_a_manifest_are_told_all_at_once(here: Path) -> None:
    touch(here, "here.wav")
    (here / "m.csv").write_text("audio\nhere.wav\n" + "".join(f"gone{n}.wav\n" for n in range(7)))
    with pytest.raises(SourceInvalid, match=r"names 7 files that do not exist: gone0.*\(and 2 more\)"):
        find_tasks(["m.csv"])
    assert len(find_tasks(["m.csv"], skip_missing=True)) == 8


def test_shares_hold_each_recording_once_whatever_the_order() -> None:
    tasks = [Task(f"call-{n}", f"{n}.wav") for n in range(1000)]
    shuffled = random.Random(5).sample(tasks, len(tasks))
    shares = [Shard(index, 7).select(tasks) for index in range(7)]
    assert sorted(task.id for share in shares for task in share) == sorted(task.id for task in tasks)
    assert all(100 < len(share) < 190 for share in shares)
    assert {task.id for task in Shard(3, 7).select(shuffled)} == {task.id for task in shares[3]}
    with_another = Shard(3, 7).select([Task("new", "new.wav"), *tasks])
    assert [task for task in with_another if task.id != "new"] == shares[3]


@pytest.mark.parametrize("text", ["3/3", "-1/3", "1", "a/b", "0/0", "1/2/3"])
def test_a_share_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="shard is"):
        parse_shard(text)


def test_failures_listed_as_json_lines_are_a_manifest(here: Path) -> None:
    failed = [Failed("a/1", "/data/1.wav", "CorruptAudio", "1.wav is empty, 0 bytes\n")]
    (here / "failures.jsonl").write_text(failures_as_json_lines(failed))
    (task,) = read_manifest("failures.jsonl")
    assert (task.id, task.audio) == ("a/1", "/data/1.wav")
    (row,) = csv.DictReader(failures_as_csv(failed).splitlines(keepends=True))
    assert row == json.loads(failures_as_json_lines(failed))
