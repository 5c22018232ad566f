"""The client against a scripted gRPC server: what is sent and what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile

from asr_client import AsrClient, ClientSettings, Priority, TlsFiles
from asr_client.errors import (
    InvalidOption,
)
from asr_client.segments.segment_result import SegmentResult
from asr_types.transcript import CallMetadata
from tests.client.client_audio import RATE, silence, speechlike, utterances
from tests.client.scripted_server import Received, Refuse, Reply, ScriptedServer, Step, free_port

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

QUEUE_FULL = Refuse(grpc.StatusCode.UNAVAILABLE, "in-queue: Exceeds maximum queue size")


def test_a_call_becomes_a_transcript_in_order_of_time(
    serve: Serve, connect: Connect, call_file: Path
) -> None:
    server = serve(lambda request: Reply(text=f"第{len(request.pcm)}"))
    transcript = connect(server.address).transcribe(call_file)
    assert len(transcript.segments) == 10
    assert [segment.start_s for segment in transcript.segments] == sorted(
        s.start_s for s in transcript.segments
    )
    assert transcript.language == "Chinese"
    assert transcript.model == "scripted@r1"
    assert transcript.metadata.call_id == "call"
    assert transcript.metadata.source == "call.wav"
    assert transcript.segments[0].confidence == pytest.approx(np.exp(-0.1))
    assert transcript.warnings == ()


def test_the_samples_sent_are_those_of_the_segment(serve: Serve, connect: Connect) -> None:
    server = serve()
    pcm = np.rint(utterances(3) * 32767).astype(np.int16)
    transcript = connect(server.address, concurrency=1).transcribe(pcm, sample_rate=RATE)
    for segment, request in zip(transcript.segments, server.received, strict=True):
        first, last = round(segment.start_s * RATE), round(segment.end_s * RATE)
        lead = min(first, int(0.15 * RATE))
        sent = request.pcm[lead : lead + last - first]
        assert np.abs(sent.astype(int) - pcm[first:last]).max() <= 1


def test_options_priority_and_headers_travel_with_each_request(serve: Serve, connect: Connect) -> None:
    server = serve()
    client = connect(
        server.address, priority=Priority.BULK, queue_timeout_s=1.5, headers={"authorization": "Bearer x"}
    )
    client.transcribe(utterances(1), sample_rate=RATE, language="zh", context="保修期", max_new_tokens=12)
    (request,) = server.received
    assert request.parameters == {
        "language": "Chinese",
        "context": "保修期",
        "max_new_tokens": 12,
        "priority": 3,
        "timeout": 1_500_000,
    }
    assert request.headers["authorization"] == "Bearer x"
    assert 0 < request.time_left_s < 10.5  # half of the deadline, as gRPC rounds it


def test_options_left_out_are_not_sent(serve: Serve, connect: Connect) -> None:
    server = serve()
    connect(server.address).transcribe(utterances(1), sample_rate=RATE)
    assert server.received[0].parameters == {"priority": 2}


def test_two_channels_are_agent_and_customer(serve: Serve, connect: Connect) -> None:
    server = serve()
    left = np.concatenate([speechlike(1), silence(3)])
    right = np.concatenate([silence(2), speechlike(1, seed=1), silence(1)])
    transcript = connect(server.address).transcribe(np.stack([left, right], axis=1), sample_rate=RATE)
    assert [turn.role for turn in transcript.turns()] == ["agent", "customer"]
    assert [channel.role for channel in transcript.channels] == ["agent", "customer"]


def test_two_who_speak_at_once_are_both_heard_each_in_its_role(serve: Serve, connect: Connect) -> None:
    def script(received: Received) -> Step:
        return Reply(text="agent" if len(received.pcm) > 3 * RATE else "customer", language="English")

    long = np.concatenate([silence(1), speechlike(4), silence(1)])
    short = np.concatenate([silence(2), speechlike(1, seed=1), silence(3)])
    client = connect(serve(script).address)
    transcript = client.transcribe(np.stack([long, short], axis=1), sample_rate=RATE)
    agent, customer = transcript.turns()
    assert [(turn.role, turn.text) for turn in (agent, customer)] == [
        ("agent", "agent"),
        ("customer", "customer"),
    ]
    assert agent.start_s < customer.start_s < customer.end_s < agent.end_s


def test_roles_can_be_named_otherwise(serve: Serve, connect: Connect) -> None:
    server = serve()
    stereo = np.stack([silence(2), speechlike(2)], axis=1)
    transcript = connect(server.address).transcribe(stereo, sample_rate=RATE, roles=["customer", "agent"])
    assert transcript.role_of(1) == "agent"


@pytest.mark.parametrize("roles", [["agent"], ["agent", "boss"], ["agent", "customer", "unknown"]])
def test_roles_that_do_not_fit_are_refused_before_anything_is_sent(
    serve: Serve, connect: Connect, roles: list[str]
) -> None:
    server = serve()
    stereo = np.stack([silence(2), speechlike(2)], axis=1)
    with pytest.raises(InvalidOption, match="role"):
        connect(server.address).transcribe(stereo, sample_rate=RATE, roles=roles)
    assert server.received == []


def test_one_signal_in_both_channels_is_transcribed_once_and_said_so(serve: Serve, connect: Connect) -> None:
    server = serve()
    speech = utterances(2)
    transcript = connect(server.address).transcribe(np.stack([speech, speech], axis=1), sample_rate=RATE)
    assert len(server.received) == len(transcript.segments) == 2
    assert [channel.role for channel in transcript.channels] == ["unknown"]
    assert [warning.code for warning in transcript.warnings] == ["identical_channels"]


@pytest.mark.parametrize("silent", [silence(5), np.zeros((48000, 2), np.int16)])
def test_a_call_without_speech_needs_no_server(connect: Connect, silent: np.ndarray) -> None:
    transcript = connect(f"127.0.0.1:{free_port()}").transcribe(silent, sample_rate=RATE)
    assert transcript.segments == ()
    assert transcript.language is None
    assert all(channel.rms_dbfs is None and channel.speech == () for channel in transcript.channels)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("length", "truncated_text"), ("repetition", "repetition"), ("novel", "unknown_finish_reason")],
)
def test_truncation_is_never_silent(serve: Serve, connect: Connect, reason: str, code: str) -> None:
    server = serve(lambda _: Reply(finish_reason=reason))
    transcript = connect(server.address).transcribe(utterances(1), sample_rate=RATE)
    (warning,) = transcript.warnings
    (segment,) = transcript.segments
    assert (warning.code, warning.start_s, warning.end_s) == (code, segment.start_s, segment.end_s)


def test_a_segment_without_speech_has_no_language_and_no_vote(serve: Serve, connect: Connect) -> None:
    def script(request: Received) -> Step:
        return Reply("", "", "silence", None) if request.count else Reply("hello", "English")

    transcript = connect(serve(script).address, concurrency=1).transcribe(utterances(3), sample_rate=RATE)
    assert [segment.language for segment in transcript.segments] == ["English", None, None]
    assert transcript.segments[1].confidence is None
    assert transcript.language == "English"


def test_metadata_passes_through(serve: Serve, connect: Connect) -> None:
    metadata = CallMetadata(call_id="c-7", agent_id="a1", attributes={"queue": "sales"})
    transcript = connect(serve().address).transcribe(utterances(1), sample_rate=RATE, metadata=metadata)
    assert transcript.metadata.call_id == "c-7"
    assert transcript.metadata.attributes == {"queue": "sales"}


def test_on_segment_sees_every_segment_in_the_callers_thread(serve: Serve, connect: Connect) -> None:
    seen: list[tuple[SegmentResult, int]] = []
    transcript = connect(serve().address).transcribe(
        utterances(5),
        sample_rate=RATE,
        on_segment=lambda result: seen.append((result, threading.get_ident())),
    )
    assert sorted(result.index for result, _ in seen) == list(range(5))
    assert {thread for _, thread in seen} == {threading.get_ident()}
    by_index = {result.index: result for result, _ in seen}
    assert [by_index[index].segment for index in range(5)] == list(transcript.segments)
    assert all(result.total == 5 and result.latency_s > 0 for result, _ in seen)
    assert seen[0][0].timings == {"queue_s": 0.001, "decode_s": 0.02}


def test_segments_in_flight_are_bounded(serve: Serve, connect: Connect) -> None:
    gate = threading.Barrier(3, timeout=10)

    def script(_: Received) -> Step:
        gate.wait()  # opens only when three are in flight together
        return Reply()

    server = serve(script)
    transcript = connect(server.address, concurrency=3).transcribe(utterances(9), sample_rate=RATE)
    assert len(transcript.segments) == 9
    assert server.most_in_flight == 3


def test_threads_share_one_client(serve: Serve, connect: Connect) -> None:
    server = serve(lambda request: Reply(text=f"call {request.parameters['context']}"))
    client = connect(server.address)
    texts: dict[int, str] = {}

    def work(number: int) -> None:
        transcript = client.transcribe(utterances(3), sample_rate=RATE, context=str(number))
        texts[number] = transcript.text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: "\n".join([f"call {number}"] * 3) for number in range(8)}


def test_bulk_requests_are_given_longer_than_they_may_wait_in_the_queue() -> None:
    assert ClientSettings().attempt_deadline_s == 90
    assert ClientSettings(priority=Priority.BULK).attempt_deadline_s > 600
    assert ClientSettings(priority=Priority.BULK, deadline_s=10.0).attempt_deadline_s == 5


def test_pauses_double_up_to_a_limit_and_differ_by_chance() -> None:
    settings = ClientSettings(backoff_s=0.5, max_backoff_s=3.0)
    assert [settings.pause_s(attempts, 0.0) for attempts in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert settings.pause_s(2, 1.0) == 0.5


def test_default_pauses_outlast_a_restart_of_the_server() -> None:
    settings = ClientSettings()
    assert sum(settings.pause_s(attempts, 1.0) for attempts in range(1, settings.retries + 1)) > 10.0


@pytest.mark.parametrize(
    "change",
    [
        {"address": "nowhere"},
        {"address": "http://host:8001"},
        {"address": "host:0"},
        {"address": "host:99999"},
        {"deadline_s": 0},
        {"deadline_s": float("nan")},
        {"deadline_s": 1e300},
        {"max_segment_s": 31.0},
        {"max_segment_s": 1.0},
        {"attempt_s": -1.0},
        {"queue_timeout_s": 0.0},
        {"concurrency": 0},
        {"retries": -1},
        {"backoff_s": -0.1},
        {"model": ""},
    ],
)
def test_settings_out_of_range_are_refused_by_name(change: dict[str, object]) -> None:
    (name,) = change
    with pytest.raises(InvalidOption, match=name):
        ClientSettings(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"authorization": "Bearer\nx"}])
def test_headers_that_grpc_refuses_are_named_without_their_value(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidOption, match=r"header .*[Aa]uthorization") as caught:
        ClientSettings(headers=headers)
    assert "Bearer" not in str(caught.value)


def test_absent_certificate_is_named(tmp_path: Path) -> None:
    settings = ClientSettings(tls=TlsFiles(root_certificates=tmp_path / "ca.pem"))
    with pytest.raises(InvalidOption, match=r"ca\.pem cannot be read: No such file"):
        AsrClient(settings)


def test_a_truncated_file_gives_a_transcript_with_a_warning(
    serve: Serve, connect: Connect, call_file: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(call_file.read_bytes()[: call_file.stat().st_size // 2])
    transcript = connect(serve().address).transcribe(cut)
    assert [warning.code for warning in transcript.warnings] == ["truncated_file"]
    assert transcript.duration_s == pytest.approx(soundfile.info(cut).duration)
    assert transcript.segments
