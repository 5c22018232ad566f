"""What is planted in the sample calls is what the default rules look for; near misses are told apart."""

from __future__ import annotations

import dataclasses

import pytest

from asr_types.transcript import CallMetadata, Channel, Segment, SpeechSpan, Transcript
from call_analysis import analyze
from planted_events import ABSENT, PHONE_NUMBER, missed_events
from sample_calls import PlantedEvent, SampleCall, load_calls

PLANTED = [call for call in load_calls() if call.events]
KINDS = {"banned-words", ABSENT, "long-silence", "interruption", PHONE_NUMBER}

each_call = pytest.mark.parametrize("call", PLANTED, ids=lambda call: call.file)


def spoken(call: SampleCall) -> Transcript:
    """The references as a perfect transcript."""
    return Transcript(
        metadata=CallMetadata(),
        duration_s=call.duration_s,
        sample_rate=call.sample_rate,
        channels=tuple(
            Channel(index, role, -20.0, -3.0, _speech(call, index)) for index, role in enumerate(call.roles)
        ),
        segments=tuple(
            Segment(line.start_s, line.end_s, line.channel, line.text, call.language, "stop", 0.9)
            for line in call.lines
        ),
        language=call.language,
    )


def _speech(call: SampleCall, channel: int) -> tuple[SpeechSpan, ...]:
    return tuple(SpeechSpan(line.start_s, line.end_s) for line in call.lines if line.channel == channel)


def missed(call: SampleCall, *events: PlantedEvent) -> tuple[PlantedEvent, ...]:
    return missed_events(dataclasses.replace(call, events=events), analyze(spoken(call)))


def test_both_languages_have_a_call_with_everything_planted() -> None:
    assert {call.language for call in PLANTED} == {"Chinese", "English"}
    for call in PLANTED:
        assert {event.kind for event in call.events} >= KINDS


@each_call
def test_everything_planted_is_found_in_the_references(call: SampleCall) -> None:
    assert missed(call, *call.events) == ()


@each_call
def test_no_event_is_found_for_the_other_speaker(call: SampleCall) -> None:
    other = [dataclasses.replace(event, channel=1 - event.channel) for event in call.events]
    timed = [event for event in other if event.kind in ("long-silence", "interruption")]
    assert missed(call, *timed) == tuple(timed)


@each_call
def test_no_silence_or_interruption_is_found_two_seconds_off(call: SampleCall) -> None:
    moved = [
        dataclasses.replace(event, start_s=event.start_s + 2, end_s=event.end_s + 2)
        for event in call.events
        if event.kind in ("long-silence", "interruption")
    ]
    assert missed(call, *moved) == tuple(moved)


@each_call
def test_words_that_nobody_said_are_not_found(call: SampleCall) -> None:
    event = next(event for event in call.events if event.kind == "banned-words")
    absent = [
        dataclasses.replace(event, quote="shut up"),
        dataclasses.replace(event, kind=PHONE_NUMBER, quote="999"),
    ]
    assert missed(call, *absent) == tuple(absent)


@each_call
def test_a_call_that_ends_with_a_closing_misses_none(call: SampleCall) -> None:
    event = next(event for event in call.events if event.kind == ABSENT)
    closing = {"Chinese": "感谢您的来电，再见。", "English": "Thank you for calling, goodbye."}
    lines = tuple(
        dataclasses.replace(line, text=closing[call.language or ""])
        if line.start_s == event.start_s
        else line
        for line in call.lines
    )
    assert missed(dataclasses.replace(call, lines=lines), event) == (event,)
