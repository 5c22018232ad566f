"""The turns of a transcript: one rule for the text, the page and the analysis."""

from __future__ import annotations

from dataclasses import replace

from asr_types.transcript import MAX_TURN_S
from call_analysis.turns import call_turns
from tests.analysis.dialogue import call


def test_turns_join_what_one_known_speaker_says_up_to_a_minute() -> None:
    turns = call(*["customer: 好"] * 20, "agent: 是").turns()
    assert [turn.role for turn in turns] == ["customer", "customer", "agent"]
    assert turns[0].end_s - turns[0].start_s == MAX_TURN_S
    assert (turns[0].text, turns[0].segments) == ("好" * 12, tuple(range(12)))


def test_turns_of_unknown_speakers_are_not_joined() -> None:
    assert [turn.text for turn in call("您好", "你好").turns()] == ["您好", "你好"]
    assert call("您好", "你好").text == "您好\n你好"


def test_turns_are_in_order_of_time_whatever_the_order_of_the_segments() -> None:
    spoken = call("agent: 您好", "customer: 你好", "agent: 请讲")
    turns = replace(spoken, segments=spoken.segments[::-1]).turns()
    assert [(turn.text, turn.segments) for turn in turns] == [("您好", (2,)), ("你好", (1,)), ("请讲", (0,))]


def test_without_times_the_given_order_counts() -> None:
    spoken = call("customer: 你好", "agent: 您好")
    untimed = [replace(segment, start_s=0.0, end_s=0.0) for segment in spoken.segments]
    assert [turn.role for turn in replace(spoken, segments=tuple(untimed)).turns()] == ["customer", "agent"]


def test_segments_without_words_are_left_out() -> None:
    assert [turn.text for turn in call("agent: 您好", "customer:   ", "agent: 请讲").turns()] == ["您好请讲"]


def test_the_analysis_numbers_the_same_turns() -> None:
    spoken = call("agent: 您好", "agent: 请讲", "customer: 你好")
    assert [(turn.index, turn.text) for turn in call_turns(spoken)] == [
        (index, turn.text) for index, turn in enumerate(spoken.turns())
    ]
