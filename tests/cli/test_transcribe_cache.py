"""The cache of transcripts as options of `asr transcribe`: the same as those of `asr batch`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asr_cli.main import main
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str, str]]
ASKED_FOR_MODEL = 1600  # samples


def sent(server: ScriptedServer) -> int:
    """Requests that were segments."""
    return sum(len(received.pcm) > ASKED_FOR_MODEL for received in server.received)


@pytest.fixture
def server(serve: Serve) -> ScriptedServer:
    def script(received: Received) -> Step:
        return Reply(text="五十二块", finish_reason="length" if received.count % 2 else "stop")

    return serve(script)


def test_a_second_run_sends_no_audio_and_says_the_same(
    server: ScriptedServer, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    words = (*calls, "--json", "--written", "--address", server.address, "--cache", "on")
    first = run(*words, "--cache-dir", tmp_path / "cache")
    before = sent(server)
    assert (first[0], before) == (0, 4)
    assert "the token limit was reached" in first[2]
    assert run(*words, "--cache-dir", tmp_path / "cache") == first
    assert sent(server) == before


def test_refresh_transcribes_anew_and_keeps_that(
    serve: Serve, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    texts = iter(["旧"] * 2 + ["新"] * 2)
    server = serve(lambda asked: Reply(text=next(texts) if len(asked.pcm) > ASKED_FOR_MODEL else ""))
    words = (calls[0], "--address", server.address, "--cache-dir", tmp_path / "cache", "--cache")
    assert [run(*words, mode)[1].count("新") for mode in ("on", "refresh", "on")] == [0, 2, 2]


def test_other_options_of_the_call_are_not_found(
    server: ScriptedServer, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    words = (calls[0], "--address", server.address, "--cache", "on", "--cache-dir", tmp_path / "cache")
    for further in ([], ["--language", "zh"], ["--context", "保修"], ["--remove-offset"]):
        before = sent(server)
        run(*words, *further)
        assert sent(server) == before + 2


def test_nothing_is_kept_unless_asked_for(
    server: ScriptedServer, run: Run, calls: list[Path], tmp_path: Path
) -> None:
    run(calls[0], "--address", server.address, "--cache-dir", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_the_log_tells_a_hit(
    server: ScriptedServer, calls: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(2):
        main(["transcribe", str(calls[0]), "--address", server.address, "--cache", "on", "--cache-dir",
              str(tmp_path / "cache")])  # fmt: skip
    assert [record.message for record in caplog.records if "found in the cache" in record.message]
