"""The client against a real Triton server with the demo model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr_client import AsrClient, ClientSettings
from asr_client.errors import DeadlineExceeded, RequestRejected, ServerUnavailable
from asr_client.segments.segment_result import SegmentResult
from asr_eval.scoring import ErrorCount, error_rate, total_errors
from asr_server.server import ServerOptions, TritonServer
from asr_types.transcript import Transcript, join_texts
from tests.client.client_audio import RATE, silence

CALLS = Path(__file__).resolve().parents[2] / "demo" / "calls"
REFERENCES: list[dict[str, Any]] = json.loads((CALLS / "references.json").read_text(encoding="utf-8"))[
    "calls"
]
LONG_CALL = CALLS / "zh_several_minutes.ogg"
SHORT_CALL = CALLS / "zh_price.flac"

Connect = Callable[..., AsrClient]


@pytest.fixture(scope="module")
def server(triton: TritonServer) -> TritonServer:
    return triton


@pytest.fixture(scope="module")
def client(server: TritonServer) -> Iterator[AsrClient]:
    with AsrClient(ClientSettings(address=server.grpc_address)) as made:
        yield made


@pytest.fixture(scope="module")
def transcripts(client: AsrClient) -> dict[str, Transcript]:
    """Every sample call, each transcribed alone."""
    return {call["file"]: client.transcribe(CALLS / call["file"], roles=call["roles"]) for call in REFERENCES}


@pytest.mark.parametrize("call", REFERENCES, ids=lambda call: call["file"])
def test_each_sample_call_has_its_language_roles_and_length(
    transcripts: dict[str, Transcript], call: dict[str, Any]
) -> None:
    transcript = transcripts[call["file"]]
    assert transcript.language == call["language"]
    assert [channel.role for channel in transcript.channels] == call["roles"]
    assert transcript.duration_s == pytest.approx(call["duration_s"], abs=0.01)
    assert transcript.warnings == ()
    assert all(0 < (segment.confidence or 0) <= 1 for segment in transcript.segments if segment.text)


@pytest.mark.parametrize(("language", "bound"), [("Chinese", 0.05), ("English", 0.08)])
def test_clean_and_telephone_calls_are_within_the_promised_error_rate(
    transcripts: dict[str, Transcript], language: str, bound: float
) -> None:
    judged = [
        call
        for call in REFERENCES
        if call["language"] == language and call["condition"] in ("clean", "telephone")
    ]
    assert judged
    assert total_errors(_errors(transcripts[call["file"]], call) for call in judged).rate <= bound


def _errors(transcript: Transcript, call: dict[str, Any]) -> ErrorCount:
    return total_errors(
        error_rate(
            join_texts([said["text"] for said in call["segments"] if said["channel"] == channel.index]),
            join_texts([heard.text for heard in transcript.segments if heard.channel == channel.index]),
            call["language"],
        )
        for channel in transcript.channels
    )


def test_calls_in_which_nobody_speaks_yield_no_text(transcripts: dict[str, Transcript]) -> None:
    unspoken = [call["file"] for call in REFERENCES if call["language"] is None]
    assert len(unspoken) == 2
    assert [transcripts[name].text for name in unspoken] == ["", ""]


def test_speech_spans_cover_what_the_references_say(transcripts: dict[str, Transcript]) -> None:
    for call in REFERENCES:
        channels = transcripts[call["file"]].channels
        for said in call["segments"]:
            spans = channels[said["channel"]].speech
            heard_s = sum(
                max(0.0, min(span.end_s, said["end_s"]) - max(span.start_s, said["start_s"]))
                for span in spans
            )
            assert heard_s > 0.8 * (said["end_s"] - said["start_s"]), (call["file"], said)


def test_calls_transcribed_together_equal_each_alone(
    client: AsrClient, transcripts: dict[str, Transcript]
) -> None:
    names = [call["file"] for call in REFERENCES if call["duration_s"] < 60] * 2
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda name: client.transcribe(CALLS / name), names))
    for name, transcript in zip(names, together, strict=True):
        assert transcript.text == transcripts[name].text


def test_noise_that_is_no_speech_yields_no_text(client: AsrClient) -> None:
    noise = np.random.default_rng(0).standard_normal(4 * RATE) * np.sin(np.arange(4 * RATE) / 1000)
    transcript = client.transcribe(0.05 * noise, sample_rate=RATE)
    assert transcript.text == ""


def test_a_language_can_be_forced(client: AsrClient, transcripts: dict[str, Transcript]) -> None:
    forced = client.transcribe(SHORT_CALL, language="zh")
    assert forced.language == "Chinese"
    assert error_rate(transcripts[SHORT_CALL.name].text, forced.text, "zh").rate <= 0.05


def test_timings_come_with_each_segment(client: AsrClient) -> None:
    results: list[SegmentResult] = []
    client.transcribe(LONG_CALL, on_segment=results.append)
    assert len(results) == results[0].total > 5
    for result in results:
        assert {"queue_s", "encode_s", "prefill_s", "decode_s", "total_s"} <= set(result.timings)
        assert 0 < result.timings["total_s"] <= result.latency_s
        assert result.model


def test_a_low_token_limit_is_warned_about(client: AsrClient) -> None:
    transcript = client.transcribe(SHORT_CALL, max_new_tokens=5)
    assert {warning.code for warning in transcript.warnings} == {"truncated_text"}


def test_what_the_server_refuses_is_said_once_with_its_reason(client: AsrClient) -> None:
    with pytest.raises(RequestRejected, match="max_new_tokens") as caught:
        client.transcribe(SHORT_CALL, max_new_tokens=0)
    assert caught.value.status == "INVALID_ARGUMENT"
    assert str(caught.value).startswith(f"{SHORT_CALL.name}, channel 0, 0.")
    assert "attempt 1" in str(caught.value)


def test_an_unknown_model_is_refused_at_once(server: TritonServer, connect: Connect) -> None:
    with pytest.raises(RequestRejected, match=r"attempt 1.*'other'"):
        connect(server.grpc_address, model="other").transcribe(SHORT_CALL)


def test_waiting_too_long_in_the_queue_is_not_tried_again(server: TritonServer, connect: Connect) -> None:
    hurried = connect(server.grpc_address, queue_timeout_s=0.001, concurrency=64)
    with pytest.raises(ServerUnavailable, match=r"attempt 1.*timeout expired"):
        hurried.transcribe(LONG_CALL)


def test_a_deadline_that_is_too_short_is_kept(server: TritonServer, connect: Connect) -> None:
    with pytest.raises(DeadlineExceeded):
        connect(server.grpc_address, deadline_s=0.02).transcribe(LONG_CALL)


def test_after_failures_the_server_serves_on(client: AsrClient, transcripts: dict[str, Transcript]) -> None:
    assert client.transcribe(SHORT_CALL).text == transcripts[SHORT_CALL.name].text


def test_the_examples_of_the_documents_run(
    server: TritonServer, transcripts: dict[str, Transcript], tmp_path: Path
) -> None:
    examples = CALLS.parents[1] / "docs" / "examples"
    wav = tmp_path / "call.wav"
    samples, rate = soundfile.read(SHORT_CALL, dtype="int16")
    soundfile.write(wav, samples, rate)
    text = transcripts[SHORT_CALL.name].text
    for script, arguments in [("transcribe_call.py", SHORT_CALL), ("plain_client.py", wav)]:
        command: list[str | Path] = [sys.executable, examples / script, server.grpc_address, arguments]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert error_rate(text, shown.rpartition(":")[2], "zh").rate <= 0.05


@pytest.fixture
def own_server(demo_repository: Path) -> Iterator[TritonServer]:
    with TritonServer(ServerOptions(repository=demo_repository)) as running:
        yield running


def test_killing_the_models_process_costs_time_and_no_text(
    own_server: TritonServer, transcripts: dict[str, Transcript]
) -> None:
    restarts = own_server.restarts
    killing = threading.Event()

    def kill_once(_: SegmentResult) -> None:
        if not killing.is_set():
            killing.set()
            for pid in own_server.stub_pids:
                os.kill(pid, signal.SIGKILL)

    with AsrClient(ClientSettings(address=own_server.grpc_address)) as client:
        transcript = client.transcribe(LONG_CALL, on_segment=kill_once)
        assert transcript.text == transcripts[LONG_CALL.name].text
        assert own_server.restarts == restarts + 1
        assert client.transcribe(silence(1), sample_rate=RATE).segments == ()
