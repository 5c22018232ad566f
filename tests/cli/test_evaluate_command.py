"""`asr evaluate` as a user runs it, against a scripted server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.cli.command_run import Run, runner_of
from tests.client.scripted_server import Hang, Received, Refuse, Reply, ScriptedServer, Step, free_port
from tests.eval.small_test_set import write_test_set

Serve = Callable[[Callable[[Received], Step]], ScriptedServer]
ASKED_FOR_MODEL = 1600  # samples


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit status, standard output and standard error of `asr evaluate …`."""
    return runner_of("evaluate", capsys)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write_test_set(tmp_path)


@pytest.fixture
def measured(serve: Serve, run: Run, manifest: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The JSON report of a run that ends with `status`."""

    def measured(script: Callable[[Received], Step], *words: object, status: int = 0) -> dict[str, Any]:
        out = tmp_path / "report"
        ended, _, err = run(manifest, "--address", serve(script).address, "--out", out, *words)
        assert ended == status, err
        document: dict[str, Any] = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
        return document

    return measured


def chinese(_: Received) -> Step:
    return Reply(text="我要换货", language="Chinese")


def test_errors_are_counted_by_language_and_condition(measured: Callable[..., dict[str, Any]]) -> None:
    report = measured(chinese)
    rates = {(group["language"], group["condition"]): group["rate"] for group in report["groups"]}
    assert rates == {("Chinese", "office"): 0.25, ("Chinese", "street"): 0.25, ("English", ""): 1.0}
    assert [group["language_accuracy"] for group in report["groups"]] == [1.0, 1.0, 0.0]
    assert report["model"] == "scripted@r1"


def test_every_channel_is_scored_against_what_is_said_in_it(
    measured: Callable[..., dict[str, Any]],
) -> None:
    report = measured(lambda _: Reply(text="good morning", language="English"))
    heard = {
        entry["channel"]: entry["substitutions"]
        for entry in report["utterances"]
        if entry["channel"] in (0, 1)
    }
    assert heard == {0: 0, 1: 1}


def test_silence_needs_no_server_and_has_no_words(measured: Callable[..., dict[str, Any]]) -> None:
    (silence,) = measured(chinese)["silence"]
    assert (silence["recordings"], silence["recordings_with_text"], silence["invented"]) == (1, 0, 0)


def test_text_where_nothing_is_said_is_counted(measured: Callable[..., dict[str, Any]]) -> None:
    report = measured(lambda _: Reply(text="thank you", language="English"), "--add-noise", "-30")
    noisy = [entry for entry in report["silence"] if entry["degradation"] == "pink noise -30 dB"]
    assert len(noisy) == 1
    assert noisy[0]["invented"] in (0, 2)  # as the voice activity detection hears it


def test_degradations_come_beside_the_recordings_as_they_are(serve: Serve, run: Run, manifest: Path) -> None:
    server = serve(chinese)
    status, out, err = run(manifest, "--condition", "office", "--add-noise", "20,5", "--telephone",
                           "--noise", "white", "--address", server.address)  # fmt: skip
    assert (status, err) == (0, "")
    assert "| as recorded | white noise 20 dB | white noise 5 dB | telephone |" in out
    assert (
        "| Chinese | office | 1 | CER | 25.0 % | 25.0 % | 25.0 % | 25.0 % | 100 / 100 / 100 / 100 % |" in out
    )
    assert "**a.wav**, as recorded: 1 errors in 4 (1 wrong, 0 missing, 0 added)" in out
    lengths = {len(received.pcm) for received in server.received}
    assert len(server.received) == 4
    assert max(lengths) - min(lengths) < 16_000
    assert not any((server.received[0].pcm.tobytes() == other.pcm.tobytes()) for other in server.received[1:])


def test_what_fails_is_listed_and_counts_nowhere(measured: Callable[..., dict[str, Any]]) -> None:
    def script(received: Received) -> Step:
        if received.parameters.get("language") == "Chinese":
            return Refuse(grpc.StatusCode.INVALID_ARGUMENT, "no Chinese today")
        return Reply(text="good morning", language="English")

    report = measured(script, "--force-language", status=1)
    assert [Path(entry["audio"]).name for entry in report["failed"]] == ["a.wav", "b.wav"]
    assert "no Chinese today" in report["failed"][0]["reason"]
    assert {group["language"] for group in report["groups"]} == {"English"}
    assert report["language_forced"] is True


def test_a_channel_that_a_recording_lacks_is_a_failure(
    measured: Callable[..., dict[str, Any]], manifest: Path
) -> None:
    manifest.write_text('{"audio": "a.wav", "text": "a", "language": "en", "channel": 3}\n')
    report = measured(chinese, status=1)
    assert report["failed"][0]["reason"] == "the recording has 1 channels"


def test_a_limit_draws_the_same_for_a_seed(measured: Callable[..., dict[str, Any]]) -> None:
    drawn = [[entry["audio"] for entry in measured(chinese, "--limit", 2)["utterances"]] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 2


def test_a_cache_scores_known_answers_again_and_claims_no_speed(
    serve: Serve, run: Run, manifest: Path, tmp_path: Path
) -> None:
    server = serve(chinese)
    words = ("--address", server.address, "--telephone", "--cache", "on", "--cache-dir", tmp_path / "cache")
    first = run(manifest, *words)
    sent = sum(len(received.pcm) > ASKED_FOR_MODEL for received in server.received)
    assert (first[0], sent) == (0, 8)
    assert run(manifest, *words) == first
    assert sum(len(received.pcm) > ASKED_FOR_MODEL for received in server.received) == sent
    assert "with a cache of transcripts" in first[1]
    assert "real time" not in first[1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["gone.csv"], "gone.csv does not exist"),
        (["SET", "--condition", "moon"], "condition is 'moon'"),
        (["SET", "--add-noise", "loud"], "'loud' is no list of numbers"),
        (["SET", "--limit", "0"], "'0' is no number from 1"),
        (["SET", "--address", "here"], "address is 'here'"),
    ],
)
def test_wrong_usage_ends_with_status_2(run: Run, manifest: Path, words: list[str], complaint: str) -> None:
    status, out, err = run(*(manifest if word == "SET" else word for word in words))
    assert (status, out) == (2, "")
    assert complaint in err


def test_ctrl_c_ends_the_calls_under_way(serve: Serve, manifest: Path, tmp_path: Path) -> None:
    server = serve(lambda _: Hang())
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "asr_cli",
        "evaluate",
        manifest,
        "--address",
        server.address,
    ]
    with subprocess.Popen(
        [*command, "--out", tmp_path / "out"], stderr=subprocess.PIPE, text=True
    ) as process:
        server.wait_until(lambda: len(server.received) == 4, timeout_s=60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")
    assert not (tmp_path / "out").exists()


def test_no_server_is_said_at_once(run: Run, manifest: Path) -> None:
    status, _, err = run(manifest, "--address", f"127.0.0.1:{free_port()}")
    assert status == 1
    assert err.startswith("asr evaluate: no server answers at ")
