"""`asr batch` as a user runs it, against a scripted server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import fsspec
import grpc
import pytest

from asr_types.transcript import Transcript, transcript_from_dict
from tests.batch.batch_calls import write_calls
from tests.client.scripted_server import Hang, Received, Refuse, Reply, ScriptedServer, Step, free_port

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str]]
ASKED_FOR_MODEL = 1600  # samples
LIMITED = """
import resource, sys
from asr_cli.main import main
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""


def is_call(received: Received) -> bool:
    return len(received.pcm) > ASKED_FOR_MODEL


def sent(server: ScriptedServer) -> int:
    """Requests that were recordings."""
    return sum(is_call(received) for received in server.received)


def read(path: Path) -> Transcript:
    return transcript_from_dict(json.loads(path.read_text(encoding="utf-8")))


def results(out: Path) -> list[str]:
    return sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*.json") if ".asr-batch" not in path.parts
    )


def result_of(call: Path, tmp_path: Path) -> Path:
    return tmp_path / "out" / f"{call.relative_to(tmp_path)}.json"


def start(*words: object, limit_bytes: int | None = None) -> subprocess.Popen[str]:
    """`asr batch` in a process of its own; `limit_bytes` is the largest file it may write.

    The process limits itself: with a preexec_fn, gRPC's threads abort it now and then between fork and exec.
    Without -B the interpreter would keep bytecode that is cut at the limit.
    """
    command = [sys.executable, "-m", "asr_cli"]
    if limit_bytes:
        command = [sys.executable, "-B", "-c", LIMITED, str(limit_bytes)]
    return subprocess.Popen([*command, "batch", *map(str, words)], stderr=subprocess.PIPE, text=True)


def test_every_recording_gets_its_result_at_its_path(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    server = serve()
    status, err = run("batch", "calls", "--out", "out", "--address", server.address, "--format", "srt,text")
    assert status == 0
    assert err.startswith("asr batch: 12 of 12 results in out: 12 transcribed, 0 from the cache")
    assert results(tmp_path / "out") == sorted(f"{path.relative_to(tmp_path)}.json" for path in calls)
    transcript = read(result_of(calls[1], tmp_path))
    assert transcript.text == "你好"
    assert transcript.metadata.call_id == "calls/00/呼叫 1.wav"
    assert transcript.metadata.source == "呼叫 1.wav"
    assert result_of(calls[1], tmp_path).with_suffix(".srt").read_text().startswith("1\n00:00:0")
    assert {received.parameters["priority"] for received in server.received} == {3}


@pytest.mark.usefixtures("calls")
def test_a_second_run_sends_nothing_and_needs_no_server(run: Run) -> None:
    with ScriptedServer() as server:
        assert run("batch", "calls", "--out", "out", "--address", server.address)[0] == 0
    status, err = run("batch", "calls", "--out", "out", "--address", f"127.0.0.1:{free_port()}", "--verify")
    assert status == 0
    assert "12 there before" in err


def test_results_that_are_gone_damaged_or_of_other_audio_are_made_anew(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    server = serve()
    batch = ("batch", "calls", "--out", "out", "--address", server.address)
    run(*batch)
    gone, cut, forged, changed = (result_of(call, tmp_path) for call in calls[:4])
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:100])
    forged.write_text(forged.read_text().replace("你好", "再见"))
    write_calls(tmp_path / "calls", 1, first=3, seconds=1.1)
    before = sent(server)
    status, err = run(*batch)
    assert (status, sent(server) - before) == (0, 3)
    assert f"{cut.relative_to(tmp_path / 'out')}"[:-5] + ": the result is not as it was written" in err
    assert "is of other audio" in err
    status, _ = run(*batch, "--verify")  # same size, other content
    assert (status, sent(server) - before) == (0, 4)
    assert read(forged).text == "你好"
    assert read(changed).duration_s == 1.1


def test_a_result_written_but_not_noted_is_kept(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    """A kill between the two leaves this."""
    server = serve()
    batch = ("batch", "calls", "--out", "out", "--address", server.address)
    run(*batch)
    journal = tmp_path / "out" / ".asr-batch" / "journal" / "whole.jsonl"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(lines[:4]) + '\n{"event": "done", "id": "calls/0')  # and half a line
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")}
    before = len(server.received)
    assert run(*batch)[0] == 0
    assert len(server.received) == before
    assert {path: path.stat().st_mtime_ns for path in written} == written
    events = [json.loads(line) for line in journal.read_text().splitlines() if not line.endswith("calls/0")]
    assert len({event["id"] for event in events if event["event"] == "done"}) == len(calls)


def test_failures_are_listed_and_tried_again_on_request_only(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "calls" / "empty.wav").touch()
    shutil.copy(calls[0], tmp_path / "calls" / "refused.wav")
    refused = True

    def script(received: Received) -> Step:
        if refused and len(received.parameters.get("context", "")):
            return Refuse(grpc.StatusCode.INVALID_ARGUMENT, "context is too long")
        return Reply()

    (tmp_path / "m.csv").write_text(
        "audio,context\ncalls/empty.wav,\ncalls/refused.wav,long\n" + "".join(f"{path},\n" for path in calls)
    )
    server = serve(script)
    batch = ("batch", "m.csv", "--out", "out", "--address", server.address)
    status, err = run(*batch, "--failures", "list.csv")
    assert status == 1
    assert "12 of 14 results in out" in err
    listed = [json.loads(line) for line in (tmp_path / "out" / "failures.jsonl").read_text().splitlines()]
    assert [(row["id"], row["error"]) for row in listed] == [
        ("calls/empty.wav", "CorruptAudio"),
        ("calls/refused.wav", "RequestRejected"),
    ]
    assert listed[1]["reason"].endswith("context is too long")
    assert "CorruptAudio,empty.wav is empty (0 bytes)\n" in (tmp_path / "list.csv").read_text()

    refused, before = False, sent(server)
    assert run(*batch)[0] == 1
    assert sent(server) == before
    assert run(*batch, "--retry-failed")[0] == 1
    assert sent(server) == before + 1
    assert "calls/refused.wav" not in (tmp_path / "out" / "failures.jsonl").read_text()
    shutil.copy(calls[0], tmp_path / "calls" / "empty.wav")
    assert run(*batch, "--retry-failed")[0] == 0
    assert not (tmp_path / "out" / "failures.jsonl").exists()


@pytest.mark.usefixtures("calls")
def test_a_raised_limit_lets_a_retry_go_into_the_same_folder(serve: Serve, run: Run, tmp_path: Path) -> None:
    batch = ("batch", "calls", "--out", "out", "--address", serve().address)
    status, err = run(*batch, "--max-duration", "0.0001")
    assert (status, results(tmp_path / "out")) == (1, []), err
    assert "is longer than 0.0001 h (limit max-duration)" in (tmp_path / "out" / "failures.jsonl").read_text()
    assert run(*batch, "--max-duration", "1", "--retry-failed")[0] == 0
    assert len(results(tmp_path / "out")) == 12


@pytest.mark.usefixtures("calls")
def test_a_cache_serves_another_folder_and_only_the_journal_tells(
    serve: Serve, run: Run, tmp_path: Path
) -> None:
    server = serve()
    batch = ("batch", "calls", "--address", server.address, "--cache", "on", "--cache-dir", "cache")
    run(*batch, "--out", "one")
    before = sent(server)
    status, err = run(*batch, "--out", "two")
    assert (status, sent(server)) == (0, before)
    assert "0 transcribed, 12 from the cache" in err
    for name in results(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    journal = (tmp_path / "two" / ".asr-batch" / "journal" / "whole.jsonl").read_text()
    assert journal.count('"cache": "hit"') == 12
    run(*batch, "--out", "three", "--cache", "refresh")
    assert sent(server) == 2 * before


@pytest.mark.slow
def test_a_batch_that_goes_on_waits_for_a_server_that_is_being_restarted(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    with ScriptedServer() as server:
        assert run("batch", "calls/00", "--out", "out", "--address", server.address)[0] == 0
    threading.Timer(2.0, lambda: serve(port=server.port)).start()
    status, err = run("batch", "calls", "--out", "out", "--address", server.address, "--retries", "0")
    assert (status, len(results(tmp_path / "out"))) == (0, len(calls))
    assert "waiting for the server, for up to 300 s: " in err


@pytest.mark.usefixtures("calls")
@pytest.mark.slow
def test_a_full_queue_at_the_beginning_is_waited_for(serve: Serve, run: Run) -> None:
    refusals = iter(range(3))

    def script(received: Received) -> Step:
        if not is_call(received) and next(refusals, None) is not None:
            return Refuse(grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size")
        return Reply()

    batch = ("batch", "calls", "--out", "out", "--address", serve(script).address, "--retries", "0")
    assert run(*batch)[0] == 0


@pytest.mark.usefixtures("calls")
def test_written_forms_are_added_to_results(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve(lambda _: Reply(text="一共三百二十块"))
    batch = ("batch", "calls", "--out", "out", "--address", server.address, "--written")
    assert run(*batch, "--format", "text")[0] == 0
    result = tmp_path / "out" / "calls" / "00" / "call 0.wav.json"
    (segment,) = read(result).segments
    assert segment.text == "一共三百二十块"
    assert "320" in (segment.written or "")
    assert "320" in result.with_suffix(".txt").read_text()


@pytest.mark.usefixtures("calls")
def test_one_folder_keeps_to_the_options_it_was_begun_with(serve: Serve, run: Run) -> None:
    batch = ("batch", "calls", "--out", "out", "--address", serve().address)
    run(*batch, "--language", "zh")
    status, err = run(*batch, "--language", "en")
    assert status == 2
    assert "begun with language = 'zh', not 'en'" in err


@pytest.mark.usefixtures("calls")
def test_two_batches_cannot_write_to_one_folder(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve(lambda received: Hang() if is_call(received) else Reply())
    words = ("calls", "--out", tmp_path / "out", "--address", server.address)
    with start(*words) as first:
        server.wait_until(lambda: sent(server) >= 2, timeout_s=120)
        (tmp_path / "out" / "failures.jsonl").write_text("of the first\n")
        status, err = run("batch", *words)
        assert (tmp_path / "out" / "failures.jsonl").read_text() == "of the first\n"
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=120)
    assert status == 2
    assert "another batch is writing to" in err


@pytest.mark.usefixtures("calls")
def test_a_full_queue_costs_time_and_no_recording(serve: Serve, run: Run, tmp_path: Path) -> None:
    refusals = iter(range(6))

    def script(received: Received) -> Step:
        if is_call(received) and next(refusals, None) is not None:
            return Refuse(grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size")
        return Reply()

    server = serve(script)
    assert run("batch", "calls", "--out", "out", "--address", server.address)[0] == 0
    assert sent(server) == 18
    assert len(results(tmp_path / "out")) == 12


def test_a_server_that_goes_away_in_the_middle_is_waited_for(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    first = serve()
    restarting = threading.Event()

    def restart() -> None:
        first.wait_until(lambda: sent(first) >= 5, timeout_s=120)
        first.stop()
        restarting.wait(1.0)
        serve(port=first.port)

    thread = threading.Thread(target=restart)
    thread.start()
    status, err = run("batch", "calls", "--out", "out", "--address", first.address, "--calls", "2")
    thread.join()
    assert (status, len(results(tmp_path / "out"))) == (0, len(calls)), err


@pytest.mark.usefixtures("calls")
def test_a_server_that_stays_away_stops_the_batch_and_fails_no_recording(
    serve: Serve, run: Run, tmp_path: Path
) -> None:
    server = serve(
        lambda received: Reply() if received.count < 5 else Refuse(grpc.StatusCode.UNAVAILABLE, "away")
    )
    batch = ("batch", "calls", "--out", "out", "--address", server.address, "--retries", "1")
    status, err = run(*batch, "--patience", "0.1")
    assert status == 3
    assert "asr batch: stopped: nothing succeeded for" in err
    assert "0 failed, 8 not done" in err
    assert not (tmp_path / "out" / "failures.jsonl").exists()
    assert run("batch", "calls", "--out", "out", "--address", serve().address)[0] == 0


@pytest.mark.usefixtures("calls")
def test_no_server_at_the_beginning_is_said_at_once(run: Run) -> None:
    status, err = run("batch", "calls", "--out", "out", "--address", f"127.0.0.1:{free_port()}")
    assert status == 3
    assert "asr batch: stopped: no server answers at" in err


@pytest.mark.usefixtures("calls")
def test_a_disk_that_is_full_stops_the_batch_and_more_room_lets_it_go_on(
    serve: Serve, run: Run, tmp_path: Path
) -> None:
    """The limit on file size stands for the disk: the journal is the first that grows too large."""
    words = ("calls", "--out", tmp_path / "out", "--address", serve().address)
    with start(*words, limit_bytes=1500) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "stopped: " in err
    assert "whole.jsonl cannot be written: File too large" in err
    there = results(tmp_path / "out")
    assert 0 < len(there) < 12
    for name in there:
        read(tmp_path / "out" / name)
    assert run("batch", *words)[0] == 0
    assert len(results(tmp_path / "out")) == 12
    assert not list((tmp_path / "out").rglob("unfinished/*/*"))


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.usefixtures("calls")
def test_an_interrupt_cancels_and_the_next_run_goes_on(
    serve: Serve, run: Run, tmp_path: Path, number: signal.Signals, expected: int
) -> None:
    server = serve(lambda received: Reply() if received.count < 4 else Hang())
    words = ("calls", "--out", tmp_path / "out", "--address", server.address)
    with start(*words) as process:
        server.wait_until(lambda: sent(server) >= 6, timeout_s=120)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
    assert process.returncode == expected
    assert "the same command goes on from here" in err
    assert "Traceback" not in err
    assert 0 < len(results(tmp_path / "out")) < 12
    assert run("batch", "calls", "--out", "out", "--address", serve().address)[0] == 0
    assert len(results(tmp_path / "out")) == 12


def test_recordings_and_results_may_be_in_object_storage(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    memory = fsspec.filesystem("memory")
    for call in calls:
        memory.put_file(str(call), f"/lake/{call.relative_to(tmp_path)}")
    memory.pipe_file("/lake/calls/broken.wav", b"no audio")
    server = serve()
    batch = ("batch", "memory://lake/calls", "--out", "memory://lake/results", "--address", server.address)
    status, err = run(*batch)
    assert status == 1
    assert "12 of 13 results" in err
    document = json.loads(memory.cat_file("/lake/results/lake/calls/00/呼叫 1.wav.json"))
    assert transcript_from_dict(document).metadata.source == "呼叫 1.wav"
    assert b"broken.wav is not a recognised audio file" in memory.cat_file("/lake/results/failures.jsonl")
    before = len(server.received)
    assert run(*batch)[0] == 1
    assert len(server.received) == before
    local = tmp_path / "local"
    assert run("batch", "memory://lake/calls/00", "--out", f"file://{local}", *batch[4:])[0] == 0
    assert len(results(local)) == 10


@pytest.mark.slow  # its captured output is no UTF-8, which processes that run tests cannot pass on
def test_unreadable_files_and_names_that_are_no_utf8_fail_alone(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "calls" / os.fsdecode(b"caf\xe9.wav")
    shutil.copy(calls[0], broken)
    (tmp_path / "calls" / "hole.wav").symlink_to("nowhere.wav")
    status, err = run("batch", "calls", "--out", "out", "--address", serve().address)
    assert status == 1
    assert "12 of 14 results" in err
    listed = (tmp_path / "out" / "failures.jsonl").read_text()
    assert "is no UTF-8 file name" in listed
    assert "hole.wav does not exist" in listed
    assert run("batch", "calls", "--out", "out", "--address", f"127.0.0.1:{free_port()}")[0] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere", "--out", "o"], "nowhere does not exist"),
        (["calls"], "--out"),
        (["calls", "--out", "o", "--shard", "3/3"], "expected 0/N to N-1/N"),
        (["calls", "--out", "o", "--format", "doc"], "format is 'doc'"),
        (["calls", "--out", "o", "--language", "xx"], "language is 'xx'"),
        (["calls", "--out", "o", "--calls", "0"], "'0' is not a number from 1 up"),
        (["calls", "--out", "o", "--cache-size", "nan"], "'nan' is no number above 0"),
        (["calls", "--out", "o", "--max-channels", "0"], "max_channels is 0; expected a number above 0"),
        (["calls", "--out", "nosuch://x"], "nosuch://x cannot be opened"),
        (["calls", "--out", "o", "--address", "here"], "address is 'here'"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_status_2_and_makes_nothing(
    run: Run, tmp_path: Path, words: list[str], complaint: str
) -> None:
    write_calls(tmp_path / "calls", 1)
    status, err = run("batch", *words)
    assert status == 2
    assert complaint in err
    assert not (tmp_path / "o").exists()
