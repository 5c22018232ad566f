"""Text, SubRip and JSON."""

from __future__ import annotations

import json
import re

from asr_client.formats import to_json, to_srt, to_text
from asr_types.transcript import CallMetadata, Channel, Segment, Transcript, transcript_from_dict


def call(*segments: Segment, roles: tuple[str, ...] = ("agent", "customer")) -> Transcript:
    channels = tuple(Channel(index, role, -20.0, -3.0) for index, role in enumerate(roles))
    return Transcript(CallMetadata("c"), 4000.0, 8000, channels, segments, "English")


def said(start_s: float, end_s: float, channel: int, text: str) -> Segment:
    return Segment(start_s, end_s, channel, text, "English", "stop", 0.9, 3)


TALK = call(said(0.5, 2.0, 0, "hello"), said(1.75, 3.0, 1, "yes"), said(3661.0625, 3662.9996, 1, "bye"))


def test_text_has_one_line_for_each_segment() -> None:
    assert (
        to_text(TALK) == "[00:00:00.5] agent: hello\n[00:00:01.7] customer: yes\n[01:01:01.0] customer: bye\n"
    )


def test_an_unknown_speaker_goes_unnamed() -> None:
    assert to_text(call(said(0, 1, 0, "hi"), roles=("unknown",))) == "[00:00:00.0] hi\n"


def test_subtitles_number_every_segment_with_times_to_the_millisecond() -> None:
    assert to_srt(TALK) == (
        "1\n00:00:00,500 --> 00:00:02,000\n[agent] hello\n\n"
        "2\n00:00:01,750 --> 00:00:03,000\n[customer] yes\n\n"
        "3\n01:01:01,062 --> 01:01:03,000\n[customer] bye\n"
    )


def test_subtitle_text_cannot_break_the_format() -> None:
    srt = to_srt(call(said(1, 1, 0, "a\n\n2 --> b "), said(2, 3, 0, "  "), said(4, 5, 0, "c")))
    blocks = srt.strip().split("\n\n")
    assert len(blocks) == 2
    for number, block in enumerate(blocks, start=1):
        index, times, *lines = block.splitlines()
        assert index == str(number)
        start, end = re.fullmatch(r"(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})", times).groups()  # type: ignore[union-attr]
        assert start < end
        assert len(lines) == 1
        assert "-->" not in lines[0]


def test_an_empty_transcript_is_empty_in_text_and_subtitles() -> None:
    assert to_text(call()) == ""
    assert to_srt(call()) == ""


def test_json_reads_back_as_the_same_transcript() -> None:
    assert transcript_from_dict(json.loads(to_json(TALK))) == TALK
    assert to_json(TALK, indent=None).count("\n") == 1
