"""The client against a scripted gRPC server that fails, hangs, dies or talks nonsense."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from asr_client import AsrClient
from asr_client.errors import (
    ClientClosed,
    DeadlineExceeded,
    RequestRejected,
    ServerFailed,
    ServerUnavailable,
    ServiceError,
)
from asr_client.segments.segment_result import SegmentResult
from tests.client.client_audio import RATE, utterances
from tests.client.scripted_server import Hang, Received, Refuse, Reply, ScriptedServer, Step, free_port

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

QUEUE_FULL = Refuse(grpc.StatusCode.UNAVAILABLE, "in-queue: Exceeds maximum queue size")


@pytest.mark.parametrize(
    "refusal",
    [
        QUEUE_FULL,
        Refuse(grpc.StatusCode.INTERNAL, "Stub process 'qwen3_asr_0_0' is not healthy."),
        Refuse(grpc.StatusCode.INTERNAL, "[7] the engine failed (RuntimeError; its log has the cause)"),
        Refuse(grpc.StatusCode.CANCELLED, "Cancelling all calls"),
    ],
)
def test_what_may_succeed_later_is_tried_again(serve: Serve, connect: Connect, refusal: Refuse) -> None:
    server = serve(lambda request: refusal if request.count < 3 else Reply())
    attempts: list[int] = []
    connect(server.address).transcribe(
        utterances(1), sample_rate=RATE, on_segment=lambda result: attempts.append(result.attempts)
    )
    assert attempts == [4]
    assert len({request.id for request in server.received}) == 1


def test_a_queue_that_stays_full_is_an_error_naming_file_and_segment(
    serve: Serve, connect: Connect, call_file: Path
) -> None:
    server = serve(lambda _: QUEUE_FULL)
    with pytest.raises(ServerUnavailable) as caught:
        connect(server.address, retries=2, concurrency=1).transcribe(call_file)
    assert re.match(r"call\.wav, channel 0, 0\.[45]\d–2\.[01]\d s: UNAVAILABLE", str(caught.value))
    assert "attempt 3" in str(caught.value)
    assert "Exceeds maximum queue size" in str(caught.value)
    assert caught.value.status == "UNAVAILABLE"
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Refuse(grpc.StatusCode.INVALID_ARGUMENT, "[x] language is 'xx'"), RequestRejected),
        (Refuse(grpc.StatusCode.NOT_FOUND, "unknown model"), RequestRejected),
        (Refuse(grpc.StatusCode.UNAUTHENTICATED, "who?"), RequestRejected),
        (Refuse(grpc.StatusCode.INTERNAL, "the loop broke"), ServerFailed),
        (Refuse(grpc.StatusCode.UNAVAILABLE, "Request timeout expired"), ServerUnavailable),
    ],
)
def test_what_cannot_succeed_is_sent_once(
    serve: Serve, connect: Connect, refusal: Refuse, error: type[ServiceError]
) -> None:
    server = serve(lambda _: refusal)
    with pytest.raises(error, match="array, channel 0") as caught:
        connect(server.address).transcribe(utterances(1), sample_rate=RATE)
    assert refusal.message in str(caught.value)
    assert len(server.received) == 1


def test_one_failed_segment_cancels_the_others(serve: Serve, connect: Connect) -> None:
    def script(request: Received) -> Step:
        if request.count < 3:
            return Hang()
        server.wait_until(lambda: len(server.received) == 4)
        return Refuse(grpc.StatusCode.INVALID_ARGUMENT, "no")

    server = serve(script)
    with pytest.raises(RequestRejected):
        connect(server.address, concurrency=4).transcribe(utterances(8), sample_rate=RATE)
    server.wait_until(lambda: server.cancelled == 3)
    assert len(server.received) == 4


def test_a_hanging_server_ends_at_the_deadline_after_one_more_attempt(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: Hang())
    with pytest.raises(DeadlineExceeded, match=r"DEADLINE_EXCEEDED \(attempt 2, 0\.[6-9] s\)"):
        connect(server.address, deadline_s=0.6).transcribe(utterances(1), sample_rate=RATE)


def test_a_request_that_a_server_swallowed_is_sent_again(serve: Serve, connect: Connect) -> None:
    server = serve(lambda request: Reply() if request.count else Hang())
    transcript = connect(server.address, attempt_s=0.3).transcribe(utterances(1), sample_rate=RATE)
    assert len(transcript.segments) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=b""),
        Reply(raw=b"not json"),
        Reply(raw=b"[]"),
        Reply(raw=b'{"text": 3}'),
        Reply(raw=b'{"text": "a", "finish_reason": "stop"}'),
        Reply(raw=b'{"text":"a","finish_reason":"stop","num_tokens":1,"mean_logprob":NaN}'),
        Reply(raw=b"\xff\xfe"),
        Reply(tensor=b""),
        Reply(tensor=b"\x01\0"),
        Reply(tensor=b"\xff\0\0\0{}"),
    ],
)
def test_an_answer_outside_the_contract_is_the_servers_failure(
    serve: Serve, connect: Connect, reply: Reply
) -> None:
    server = serve(lambda _: reply)
    with pytest.raises(ServerFailed, match="array, channel 0"):
        connect(server.address).transcribe(utterances(1), sample_rate=RATE)


def test_nobody_listening_is_unavailable(connect: Connect) -> None:
    client = connect(f"127.0.0.1:{free_port()}", retries=1)
    with pytest.raises(ServerUnavailable, match="no server answers at 127"):
        client.check_reachable()
    with pytest.raises(ServerUnavailable, match="attempt 2"):
        client.transcribe(utterances(1), sample_rate=RATE)


def test_a_server_that_dies_and_returns_costs_no_segment(serve: Serve, connect: Connect) -> None:
    port = free_port()
    first = serve(lambda request: Hang() if request.count >= 2 else Reply(), port)
    second_up = threading.Event()

    def replace() -> None:
        first.wait_until(lambda: len(first.received) >= 4)
        first.stop()
        serve(None, port)
        second_up.set()

    replacing = threading.Thread(target=replace)
    replacing.start()
    client = connect(f"127.0.0.1:{port}", concurrency=4, retries=50, max_backoff_s=0.2)
    transcript = client.transcribe(utterances(6), sample_rate=RATE)
    replacing.join()
    assert second_up.is_set()
    assert len(transcript.segments) == 6


def test_an_error_in_on_segment_ends_the_call_and_cancels_the_rest(serve: Serve, connect: Connect) -> None:
    server = serve(lambda request: Hang() if request.count else Reply())

    def stop(_: SegmentResult) -> None:
        server.wait_until(lambda: len(server.received) >= 4)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        connect(server.address, concurrency=4).transcribe(utterances(4), sample_rate=RATE, on_segment=stop)
    server.wait_until(lambda: server.cancelled == 3)


def test_closing_the_client_ends_calls_in_other_threads(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: Hang())
    client = connect(server.address)
    errors: list[BaseException] = []

    def work() -> None:
        with pytest.raises(ClientClosed) as caught:
            client.transcribe(utterances(2), sample_rate=RATE)
        errors.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    server.wait_until(lambda: len(server.received) == 2)
    client.close()
    thread.join(timeout=10)
    assert len(errors) == 1
    server.wait_until(lambda: server.cancelled == 2)
    with pytest.raises(ClientClosed):
        client.transcribe(utterances(1), sample_rate=RATE)


def test_ctrl_c_cancels_what_is_in_flight(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: Hang())

    def interrupt() -> None:
        server.wait_until(lambda: len(server.received) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        connect(server.address).transcribe(utterances(2), sample_rate=RATE)
    interrupter.join()
    server.wait_until(lambda: server.cancelled == 2)
