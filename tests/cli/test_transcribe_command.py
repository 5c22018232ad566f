"""`asr transcribe` as a user runs it, against a scripted server."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest

from asr_cli.progress_line import ProgressLine
from asr_client.formats import FORMATS
from asr_types.transcript import transcript_from_dict
from tests.client.scripted_server import Hang, Received, Refuse, Reply, ScriptedServer, Step, free_port

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str, str]]


def test_text_goes_to_standard_output(serve: Serve, run: Run, calls: list[Path]) -> None:
    status, out, err = run(calls[1], "--address", serve().address)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"\[00:00:00\.0\] agent: 你好\n\[00:00:0[12]\.\d\] customer: 你好\n", out)


def test_several_texts_are_headed_by_their_files(serve: Serve, run: Run, calls: list[Path]) -> None:
    status, out, _ = run(*calls, "--address", serve().address)
    assert status == 0
    assert re.findall(r"^== .*/(.*)$", out, re.MULTILINE) == ["mono.wav", "stereo.flac"]


def test_json_is_a_transcript_and_several_are_json_lines(serve: Serve, run: Run, calls: list[Path]) -> None:
    address = serve().address
    _, out, _ = run(calls[0], "--json", "--address", address, "--call-id", "c9", "--agent-id", "a3")
    transcript = transcript_from_dict(json.loads(out))
    assert (transcript.metadata.call_id, transcript.metadata.agent_id) == ("c9", "a3")
    _, out, _ = run(*calls, "--json", "--address", address)
    names = [transcript_from_dict(json.loads(line)).metadata.source for line in out.splitlines()]
    assert names == ["mono.wav", "stereo.flac"]


def test_srt_numbers_its_subtitles(serve: Serve, run: Run, calls: list[Path]) -> None:
    _, out, _ = run(calls[0], "--srt", "--address", serve().address)
    assert re.findall(r"^\d+$", out, re.MULTILINE) == ["1", "2"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_ending(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path, name: str
) -> None:
    run(*calls, "--format", name, "--out", tmp_path / "out", "--address", serve().address)
    extension = FORMATS[name].extension
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert sorted(written) == [f"mono.{extension}", f"stereo.{extension}"]
    assert all("你好" in text for text in written.values())


def test_out_writes_one_file_for_each_call_and_nothing_else(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "transcripts"
    status, out, _ = run(*calls, "--json", "--out", folder, "--address", serve().address)
    assert (status, out) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == ["mono.json", "stereo.json"]
    assert transcript_from_dict(json.loads((folder / "mono.json").read_text())).metadata.call_id == "mono"


def test_options_reach_the_server(serve: Serve, run: Run, calls: list[Path]) -> None:
    server = serve()
    run(calls[0], "--address", server.address, "--language", "zh", "--context", "保修", "--priority", "bulk",
        "--queue-timeout", "5")  # fmt: skip
    assert server.received[0].parameters == {
        "language": "Chinese",
        "context": "保修",
        "priority": 3,
        "timeout": 5_000_000,
    }


def test_the_written_form_comes_on_request(serve: Serve, run: Run, calls: list[Path]) -> None:
    address = serve(lambda _: Reply(text="五十二块", language="Chinese")).address
    assert "五十二块" in run(calls[0], "--address", address)[1]
    assert "52块" in run(calls[0], "--written", "--address", address)[1]
    segment = json.loads(run(calls[0], "--written", "--json", "--address", address)[1])["segments"][0]
    assert (segment["text"], segment["written"]) == ("五十二块", "52块")


def test_a_loop_that_the_server_let_through_is_cut_and_said(
    serve: Serve, run: Run, calls: list[Path]
) -> None:
    address = serve(lambda _: Reply(text="好的，" * 30, language="Chinese")).address
    status, out, err = run(calls[0], "--address", address)
    assert status == 0
    assert out.count("好的") == 2  # two segments
    assert err.count("a repetition loop was cut; text may be missing") == 2


def test_roles_name_the_channels(serve: Serve, run: Run, calls: list[Path]) -> None:
    _, out, _ = run(calls[1], "--roles", "customer,agent", "--address", serve().address)
    assert re.findall(r"\] (\w+):", out) == ["customer", "agent"]


def test_turns_of_a_diarisation_tool_name_the_speakers(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    turns = tmp_path / "mono.rttm"
    turns.write_text(
        "SPEAKER mono 1 0.5 1.5 <NA> <NA> A <NA> <NA>\nSPEAKER mono 1 3.5 1.5 <NA> <NA> B <NA> <NA>\n"
    )
    words = [calls[0], "--turns", turns, "--speakers", "A=agent,B=customer", "--address", serve().address]
    status, out, err = run(*words)
    assert (status, re.findall(r"\] (\w+):", out)) == (0, ["agent", "customer"]), err


def test_conditioning_changes_what_is_sent(serve: Serve, run: Run, calls: list[Path]) -> None:
    server = serve()
    run(calls[0], "--address", server.address)
    run(calls[0], "--address", server.address, "--remove-offset", "--normalise-level")
    plain, louder = server.received[0].pcm, server.received[2].pcm
    assert len(plain) == len(louder)
    assert not np.array_equal(plain, louder)


def test_one_failing_file_does_not_stop_the_others(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no samples in here")
    status, out, err = run(calls[0], broken, tmp_path / "gone.wav", calls[1], "--address", serve().address)
    assert status == 1
    assert len(re.findall("^== ", out, re.MULTILINE)) == 2
    first, second, summary = err.splitlines()
    assert first.startswith("asr transcribe: broken.wav is not a recognised audio file")
    assert second.endswith("gone.wav does not exist")
    assert summary == "asr transcribe: 2 of 4 files failed"


def test_a_refused_segment_is_one_line_with_file_place_and_cause(
    serve: Serve, run: Run, calls: list[Path]
) -> None:
    server = serve(lambda _: Refuse(grpc.StatusCode.INVALID_ARGUMENT, "language is 'xx';\nallowed: …"))
    status, out, err = run(calls[0], "--address", server.address)
    assert (status, out) == (1, "")
    assert re.match(r"asr transcribe: mono\.wav, channel 0, [\d.]+–[\d.]+ s: INVALID_ARGUMENT \(", err)
    assert err.endswith("): language is 'xx'; allowed: …\n")
    assert err.count("\n") == 1


def test_warnings_are_said_but_are_no_failure(serve: Serve, run: Run, calls: list[Path]) -> None:
    status, _, err = run(calls[0], "--address", serve(lambda _: Reply(finish_reason="length")).address)
    assert status == 0
    assert "mono.wav: the token limit was reached; text may be missing (0." in err


def test_no_server_is_said_at_once(run: Run, calls: list[Path]) -> None:
    address = f"127.0.0.1:{free_port()}"
    status, _, err = run(*calls, "--address", address)
    assert status == 1
    assert err.startswith(f"asr transcribe: no server answers at {address}: ")
    assert err.count("\n") == 1


def test_the_address_may_come_from_the_environment(
    serve: Serve, run: Run, calls: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_ADDRESS", serve().address)
    assert run(calls[0])[0] == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["a/x.wav", "b/x.flac", "--out", "d"], "2 files are called 'x'"),
        (["a.wav", "b.wav", "--srt"], "srt of several files needs --out"),
        (["a.wav", "b.wav", "--call-id", "1"], "--call-id names one call, but there are 2 files"),
        (["a.wav", "--address", "here"], "address is 'here'; expected host:port"),
        (["a.wav", "--deadline", "0"], "deadline_s is 0.0"),
        (["a.wav", "b.wav", "--format", "vtt"], "vtt of several files needs --out"),
        (["a.wav", "--json", "--srt"], "not allowed with"),
        (["a.wav", "--format", "docx"], "invalid choice: 'docx'"),
        (["a.wav", "--speakers", "A=agent"], "--speakers are those of --turns FILE"),
        (["a.wav", "--turns", "t.rttm", "--speakers", "A=boss"], "'A=boss'; expected NAME=ROLE"),
        (["a.wav", "b.wav", "--turns", "t.rttm"], "--turns are those of one call, but there are 2"),
        (["a.wav", "--priority", "urgent"], "invalid choice: 'urgent'"),
        (["a.wav", "--roles", "agent,boss"], "role is 'boss'"),
        (["a.wav", "--started-at", "yesterday"], "'yesterday' is not an ISO 8601"),
        ([], "FILE"),
    ],
)
def test_wrong_usage_ends_with_status_2_before_anything_is_read(
    run: Run, words: list[str], complaint: str
) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert complaint in err


def test_an_output_that_cannot_be_written_is_one_line(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    status, _, err = run(calls[0], "--out", taken, "--address", serve().address)
    assert status == 1
    assert re.fullmatch(r"asr transcribe: .*/taken/mono\.txt cannot be written: .*\n", err)


@pytest.mark.parametrize(
    ("device", "encoding", "complaint"),
    [
        ("/dev/full", "utf-8", r"standard output cannot be written: No space left on device"),
        ("/dev/null", "ascii", r"standard output takes ascii only; use --out DIR or set PYTHONIOENCODING=.*"),
    ],
)
def test_a_standard_output_that_cannot_be_written_is_one_line(
    serve: Serve, calls: list[Path], device: str, encoding: str, complaint: str
) -> None:
    server = serve(lambda _: Reply(text="你好", language="Chinese"))
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "asr_cli",
        "transcribe",
        calls[0],
        "--address",
        server.address,
    ]
    with Path(device).open("w", encoding="utf-8") as full:
        finished = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONIOENCODING": f"{encoding}:strict"},
            check=False,
        )
    assert re.fullmatch(f"asr transcribe: {complaint}\n", finished.stderr)
    assert finished.returncode == 1


def test_ctrl_c_cancels_and_ends_with_130(serve: Serve, calls: list[Path], tmp_path: Path) -> None:
    server = serve(lambda _: Hang())
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "asr_cli",
        "transcribe",
        calls[0],
        "--address",
        server.address,
    ]
    with subprocess.Popen([*command, "--out", tmp_path / "t"], stderr=subprocess.PIPE, text=True) as process:
        server.wait_until(lambda: len(server.received) == 2, timeout_s=30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")
    server.wait_until(lambda: server.cancelled == 2)
    assert not (tmp_path / "t").exists()


def test_a_reader_that_closes_the_pipe_is_no_traceback(serve: Serve, calls: list[Path]) -> None:
    def script(_: Received) -> Step:
        return Reply(text=" ".join(map(str, range(20_000))))

    server = serve(script)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "asr_cli",
        "transcribe",
        *calls,
        "--json",
        "--address",
        server.address,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
    assert err == ""
    assert process.returncode == 141


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_after_two_seconds_at_a_terminal_only() -> None:
    now = [0.0]
    terminal, pipe = Terminal(), io.StringIO()
    lines = [ProgressLine(stream, lambda: now[0]) for stream in (terminal, pipe)]
    for now[0] in (1.0, 2.5):
        for line in lines:
            line.show("call.wav", int(now[0]), 4, "segments")
    assert terminal.getvalue() == "\r\x1b[Kcall.wav  2/4 segments  50 %"
    for line in lines:
        line.clear()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert pipe.getvalue() == ""
