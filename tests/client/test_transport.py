"""A transport in place of gRPC: code that uses the client is tested without a server."""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from asr_client import AsrClient, ClientSettings
from asr_client.errors import ClientClosed, RequestRejected, ServerUnavailable
from asr_client.transport import Failure, OnDone, Query
from asr_types.finish_reason import FinishReason
from tests.client.client_audio import RATE, utterances

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "test_without_server.py"
OK = json.dumps({"text": "你好", "finish_reason": "stop", "num_tokens": 2}).encode()


@dataclass
class Scripted:
    """Gives each request the next outcome, and the last one for ever; None leaves it in flight."""

    outcomes: list[bytes | Failure | None]
    queries: list[Query] = field(default_factory=list)
    cancelled: int = 0
    closed: bool = False

    def start(self, query: Query, timeout_s: float, on_done: OnDone) -> Scripted:
        self.queries.append(query)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if outcome is not None:
            on_done(outcome)
        return self

    def cancel(self) -> None:
        self.cancelled += 1

    def check_reachable(self, timeout_s: float) -> None:
        raise ServerUnavailable("no server answers here")

    def close(self) -> None:
        self.closed = True


def client_over(transport: Scripted) -> AsrClient:
    return AsrClient(ClientSettings(backoff_s=0.001, concurrency=2), transport=transport)


def test_the_example_of_the_documentation_runs() -> None:
    runpy.run_path(str(EXAMPLE))["test_every_segment_gets_the_answer"]()


def test_a_transport_sees_every_request_and_gives_every_answer() -> None:
    transport = Scripted([OK])
    with client_over(transport) as client:
        transcript = client.transcribe(utterances(3), sample_rate=RATE, language="zh")
    assert [segment.text for segment in transcript.segments] == ["你好"] * 3
    assert transcript.segments[0].finish_reason is FinishReason.STOP
    assert [query.language for query in transport.queries] == ["Chinese"] * 3
    assert transport.closed


def test_failures_of_a_transport_are_retried_as_those_of_a_server() -> None:
    transport = Scripted([Failure("UNAVAILABLE", "restarting"), OK])
    transcript = client_over(transport).transcribe(utterances(1), sample_rate=RATE)
    assert len(transcript.segments) == 1
    assert len(transport.queries) == 2


def test_one_final_failure_cancels_what_is_in_flight() -> None:
    transport = Scripted([None, Failure("INVALID_ARGUMENT", "no")])
    with pytest.raises(RequestRejected, match=r"array, channel 0, .* s: INVALID_ARGUMENT"):
        client_over(transport).transcribe(utterances(2), sample_rate=RATE)
    assert transport.cancelled == 1


def test_a_closed_client_sends_nothing_more() -> None:
    transport = Scripted([OK])
    client = client_over(transport)
    client.close()
    with pytest.raises(ClientClosed):
        client.transcribe(utterances(1), sample_rate=RATE)
    assert transport.queries == []


def test_whether_a_server_is_reachable_is_asked_of_the_transport() -> None:
    with pytest.raises(ServerUnavailable, match="no server answers here"):
        client_over(Scripted([OK])).check_reachable()
