"""Killed three times and divided in three: every recording has exactly one result in the end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.batch.batch_calls import write_calls
from tests.batch.killing import run_with_kills, written
from tests.client.scripted_server import Hang, Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str]]

COUNT = 30
AT_ONCE = 4


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    paths = write_calls(tmp_path / "calls", COUNT)
    path = tmp_path / "calls.csv"
    rows = [f"{call.relative_to(tmp_path)},call-{n:02}\n" for n, call in enumerate(paths)]
    path.write_text("audio,id\n" + "".join(rows))
    return path


KILLS_AT = (4, 12, 21)  # results


def test_after_three_kills_nothing_is_lost_and_nothing_written_is_done_again(
    serve: Serve, tmp_path: Path, manifest: Path
) -> None:
    out = tmp_path / "out"

    def script(_: Received) -> Step:
        """Each run begins with a question for the model; the server stops answering when its kill is due."""
        run = sum(len(earlier.pcm) <= 1600 for earlier in server.received)
        if run <= len(KILLS_AT) and len(written(out)) > KILLS_AT[run - 1]:
            return Hang()
        return Reply()

    server = serve(script)
    words = (manifest, "--out", out, "--address", server.address, "--calls", AT_ONCE)
    killed = run_with_kills(words, out, at=KILLS_AT, seed=20)
    assert killed.status == 0
    final = written(out)
    assert sorted(path.name for path in final) == [f"call-{n:02}.json" for n in range(COUNT)]
    for there in killed.there:
        assert there.items() <= final.items()
    sent = Counter(received.pcm.tobytes() for received in server.received if len(received.pcm) > 1600)
    assert len(sent) == COUNT
    assert sent.total() <= COUNT + 3 * AT_ONCE  # what was under way at a kill was not written yet
    assert not list(out.rglob("unfinished/*/*"))


def test_three_shards_make_one_complete_archive(
    serve: Serve, run: Run, tmp_path: Path, manifest: Path
) -> None:
    address, out = serve().address, tmp_path / "out"
    command: list[str | Path] = [sys.executable, "-m", "asr_cli", "batch", manifest, "--out", f"file://{out}"]
    shards = [
        subprocess.Popen([*command, "--address", address, "--shard", f"{index}/3"], stderr=subprocess.DEVNULL)
        for index in range(3)
    ]
    assert [shard.wait(120) for shard in shards] == [0, 0, 0]
    merge = ("merge", manifest, "--results", f"file://{out}", "--out", tmp_path / "all.jsonl")
    status, err = run(*merge)
    assert (status, err) == (0, "asr merge: 30 of 30 results are there and whole\n")
    merged = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [document["metadata"]["call_id"] for document in merged] == [f"call-{n:02}" for n in range(COUNT)]
    (tmp_path / "all.jsonl").unlink()

    (out / "call-03.json").unlink()
    (out / "call-04.json").write_text((out / "call-05.json").read_text())
    (out / "call-06.json").write_text("{}")
    (out / "guest.json").write_text("{}")
    status, err = run(*merge)
    assert status == 1
    assert err.splitlines() == [
        f"asr merge: missing: call-03 ({tmp_path}/calls/00/مكالمة 3.wav)",
        "asr merge: damaged: call-04: not as it was written",
        "asr merge: damaged: call-06: not as it was written",
        "asr merge: no source asks for guest.json",
        "asr merge: 27 of 30 results are there and whole",
    ]
    assert not (tmp_path / "all.jsonl").exists()


def test_merging_says_what_failed_and_why(serve: Serve, run: Run, tmp_path: Path) -> None:
    write_calls(tmp_path / "calls", 2)
    (tmp_path / "calls" / "empty.wav").touch()
    assert run("batch", "calls", "--out", "out", "--address", serve().address)[0] == 1
    (tmp_path / "calls" / "empty.wav").unlink()
    (tmp_path / "m.csv").write_text("audio,id\ncalls/empty.wav,calls/empty.wav\n")
    status, err = run("merge", "calls", "m.csv", "--results", "out")
    assert status == 1
    assert "asr merge: failed: calls/empty.wav: empty.wav is empty (0 bytes)\n" in err
