"""Context words: how many are allowed, and which of them were not spoken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asr_client import AsrClient
from asr_client.errors import InvalidOption
from asr_client.requests.vocabulary import context_text, context_words, is_supported, suspect_words
from tests.client.client_audio import RATE, utterances
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

WORDS = context_words("延长保修, 序列号 FlexiPlan")


def test_words_may_come_as_text_or_as_a_list() -> None:
    assert context_text(["延长保修", " FlexiPlan "]) == "延长保修 FlexiPlan"
    assert WORDS == context_words("延长保修、序列号；FlexiPlan") == ("延长保修", "序列号", "flexiplan")


@pytest.mark.parametrize("context", [["a"] * 20 + [f"w{n}" for n in range(100)], "字" * 1001])
def test_too_many_words_are_refused(context: str | list[str]) -> None:
    with pytest.raises(InvalidOption, match="allowed are 100 and 1000"):
        context_text(context)


@pytest.mark.parametrize(
    ("text", "suspect"),
    [
        ("延长保修。", "延长保修"),
        ("FlexiPlan, FlexiPlan", "flexiplanflexiplan"),
        ("你好，延长保修、序列号。", "延长保修序列号"),
        ("FlexiPlan 序列号 是什么", "flexiplan序列号"),
        ("我想问延长保修的价格", ""),
        ("我想延长保修", ""),  # one word at the end is how people speak
        ("", ""),
        ("嗯。", ""),
    ],
)
def test_answers_of_context_words_alone_or_with_several_at_an_end_are_suspect(
    text: str, suspect: str
) -> None:
    assert suspect_words(text, WORDS) == suspect


def test_without_context_nothing_is_suspect() -> None:
    assert suspect_words("延长保修", ()) == ""


@pytest.mark.parametrize(
    ("suspect", "plain", "supported"),
    [
        ("延长保修", "我想延长宝修", True),  # heard, but spelt otherwise
        ("flexiplan", "the flexy plan please", True),
        ("flexiplan", "good morning", False),
        ("延长保修", "", False),
        ("延长保修序列号", "喂你好", False),
    ],
)
def test_a_plain_answer_supports_what_sounds_alike(suspect: str, plain: str, supported: bool) -> None:
    assert is_supported(suspect, plain) is supported


def answers(with_context: str, plain: str) -> Callable[[Received], Step]:
    return lambda request: Reply(text=with_context if "context" in request.parameters else plain)


def test_words_that_were_not_spoken_are_taken_out_with_a_warning(serve: Serve, connect: Connect) -> None:
    server = serve(answers("延长保修 序列号", "你好"))
    transcript = connect(server.address).transcribe(
        utterances(2), sample_rate=RATE, context=["延长保修", "序列号"]
    )
    assert [segment.text for segment in transcript.segments] == ["你好", "你好"]
    assert [warning.code for warning in transcript.warnings] == ["context_leak", "context_leak"]
    assert transcript.warnings[0].start_s == transcript.segments[0].start_s
    assert len(server.received) == 4


def test_words_that_were_spoken_stay(serve: Serve, connect: Connect) -> None:
    server = serve(answers("延长保修", "延长宝修"))
    transcript = connect(server.address).transcribe(utterances(1), sample_rate=RATE, context="延长保修")
    assert (transcript.text, transcript.warnings) == ("延长保修", ())


def test_answers_without_suspicion_cost_no_second_request(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: Reply(text="我想问延长保修的价格"))
    connect(server.address).transcribe(utterances(3), sample_rate=RATE, context="延长保修")
    assert len(server.received) == 3
