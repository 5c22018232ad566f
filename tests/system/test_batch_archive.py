"""Five hundred recordings, a batch that is killed three times, and a server that dies once."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest

from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import transcript_from_dict
from tests.batch.batch_calls import write_calls
from tests.batch.killing import run_with_kills, written

COUNT = 500
SEED = 500


@pytest.mark.timeout(900)
def test_five_hundred_recordings_have_five_hundred_results_after_three_kills_and_a_restart(
    demo_repository: Path, tmp_path: Path
) -> None:
    write_calls(tmp_path / "calls", COUNT)
    out = tmp_path / "out"
    rng = random.Random(SEED)
    kills = sorted(rng.sample(range(20, COUNT - 60), 3))
    death = rng.randrange(kills[0] + 10, kills[2])
    over = threading.Event()
    with TritonServer(ServerOptions(repository=demo_repository)) as server:

        def kill_server() -> None:
            while not over.wait(0.01):
                if len(written(out)) >= death:
                    os.kill(server.pid, signal.SIGKILL)
                    return

        killer = threading.Thread(target=kill_server)
        killer.start()
        try:
            words = (tmp_path / "calls", "--out", out, "--address", server.grpc_address)
            killed = run_with_kills(words, out, at=kills, seed=SEED)
        finally:
            over.set()
            killer.join()
        assert server.restarts == 1
    final = written(out)
    assert (killed.status, len(final)) == (0, COUNT)
    for there in killed.there:
        assert there.items() <= final.items()  # same inode, same time: not written again
    for path in final:
        assert transcript_from_dict(json.loads(path.read_bytes())).duration_s == pytest.approx(1.2)
    assert noted_as_done(out) == COUNT


def noted_as_done(out: Path) -> int:
    """Events of success in the journal; each recording may have one only."""
    lines = (out / ".asr-batch" / "journal" / "whole.jsonl").read_bytes().splitlines()
    ids = [event["id"] for event in map(parsed, lines) if event.get("event") == "done"]
    assert len(ids) == len(set(ids))
    return len(ids)


def parsed(line: bytes) -> dict[str, str]:
    try:
        return dict(json.loads(line))
    except ValueError:  # cut short by a kill
        return {}
