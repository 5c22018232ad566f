"""A segment whose text broke off is transcribed again in two halves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from asr_client import AsrClient
from asr_client.segments.segment_result import SegmentResult
from tests.client.client_audio import RATE, speechlike
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

LONG = speechlike(12.0)


def looping(longest_s: float, text: str = "再见") -> Callable[[Received], Step]:
    """Loops in everything longer; says for the rest how many samples it was sent."""

    def script(request: Received) -> Step:
        if len(request.pcm) > longest_s * RATE:
            return Reply("好的。好的。", finish_reason="repetition")
        return Reply(text, mean_logprob=-0.2)

    return script


def test_both_halves_make_the_segment(serve: Serve, connect: Connect) -> None:
    server = serve(looping(longest_s=10.5))
    arrived: list[SegmentResult] = []
    transcript = connect(server.address).transcribe(LONG, sample_rate=RATE, on_segment=arrived.append)
    whole, left, right = (len(request.pcm) for request in server.received)
    assert left < whole > right
    assert left + right >= whole
    (segment,) = transcript.segments
    assert segment.finish_reason == "stop"
    assert segment.num_tokens == 14
    assert segment.confidence == pytest.approx(np.exp(-0.2))
    assert transcript.warnings == ()
    (result,) = arrived
    assert (result.index, result.total, result.attempts) == (0, 1, 3)
    assert segment.text.startswith("再见")


def test_what_breaks_off_again_stays_marked(serve: Serve, connect: Connect) -> None:
    server = serve(looping(longest_s=1.0))
    transcript = connect(server.address).transcribe(LONG, sample_rate=RATE)
    assert len(server.received) == 3
    assert [warning.code for warning in transcript.warnings] == ["repetition"]
    assert transcript.segments[0].text == "好的。好的。"


def test_one_half_that_breaks_off_keeps_the_mark_and_the_other_ones_text(
    serve: Serve, connect: Connect
) -> None:
    def script(request: Received) -> Step:
        return (
            Reply("好的。好的。", finish_reason="repetition") if request.count < 2 else Reply("感谢您的来电")
        )

    transcript = connect(serve(script).address, concurrency=1).transcribe(LONG, sample_rate=RATE)
    assert transcript.segments[0].finish_reason == "repetition"
    assert transcript.segments[0].text.endswith("来电")


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_short_segments_stay_whole(serve: Serve, connect: Connect, seconds: float) -> None:
    server = serve(looping(longest_s=0.1))
    connect(server.address).transcribe(speechlike(seconds), sample_rate=RATE)
    assert len(server.received) == 1


def test_a_limit_that_the_caller_set_is_no_accident(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: Reply(finish_reason="length"))
    transcript = connect(server.address).transcribe(LONG, sample_rate=RATE, max_new_tokens=5)
    assert len(server.received) == 1
    assert [warning.code for warning in transcript.warnings] == ["truncated_text"]
