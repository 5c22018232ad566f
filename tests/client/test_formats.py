"""Every format a transcript is written in."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import av
import pytest

from asr_client.formats import FORMATS, to_json, to_markdown, to_srt, to_text, to_tsv, to_webvtt
from asr_types.transcript import (
    CallMetadata,
    Channel,
    Segment,
    Transcript,
    TranscriptWarning,
    transcript_from_dict,
)

MARKUP = "<b>*a* _b_ `c` [d](e) | ~~f~~ & $g$ #1 \\n & <v x> --> 1. - +"


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


def test_several_unknown_speakers_are_numbered() -> None:
    talk = call(said(0, 1, 0, "hi"), said(1, 2, 1, "yes"), roles=("unknown", "unknown"))
    assert to_text(talk) == "[00:00:00.0] speaker 1: hi\n[00:00:01.0] speaker 2: yes\n"


def test_webvtt_names_speakers_as_voices() -> None:
    assert to_webvtt(TALK) == (
        "WEBVTT\n\n"
        "00:00:00.500 --> 00:00:02.000\n<v agent>hello\n\n"
        "00:00:01.750 --> 00:00:03.000\n<v customer>yes\n\n"
        "01:01:01.062 --> 01:01:03.000\n<v customer>bye\n"
    )


def test_webvtt_text_cannot_break_the_format() -> None:
    *_, line, end = to_webvtt(call(said(1, 2, 0, f"{MARKUP}\n\nNOTE x"))).split("\n")
    assert (end, html.unescape(line.removeprefix("<v agent>"))) == ("", f"{MARKUP} NOTE x")
    assert not re.search("[<>]", line.removeprefix("<v agent>"))


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_player_reads_the_subtitles(tmp_path: Path, name: str) -> None:
    talk = call(said(0.5, 2, 0, MARKUP), said(1.75, 3, 1, "第二"), said(3661.0625, 3662.9996, 1, "bye"))
    path = tmp_path / f"call.{name}"
    path.write_text(FORMATS[name].render(talk), encoding="utf-8")
    with av.open(str(path)) as container:
        cues = [packet for packet in container.demux(subtitles=0) if packet.pts is not None]
        starts = [float(cue.pts * cue.time_base) for cue in cues]
        lengths = [float(cue.duration * cue.time_base) for cue in cues]
    assert starts == pytest.approx([0.5, 1.75, 3661.062])
    assert lengths == pytest.approx([1.5, 1.25, 1.938])


def test_tsv_has_one_row_for_each_segment_with_text() -> None:
    talk = call(replace(said(0.5, 2, 0, "five\tdollars\n"), written="$5"), said(2, 3, 1, " "))
    rows = list(csv.DictReader(io.StringIO(to_tsv(talk)), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows == [
        {
            "start_s": "0.500",
            "end_s": "2.000",
            "channel": "0",
            "role": "agent",
            "language": "English",
            "confidence": "0.9000",
            "finish_reason": "stop",
            "text": "five dollars",
            "written": "$5",
        }
    ]


def test_the_record_has_header_warnings_speakers_and_changes_of_language() -> None:
    talk = replace(
        call(said(0.5, 2, 0, "hello"), replace(said(62, 63, 1, "你好"), language="Chinese")),
        metadata=CallMetadata(
            "c_1", "c.wav", "a7", started_at="2026-11-22T10:00:00Z", attributes={"k": "v|w"}
        ),
        model="demo@1",
        warnings=(
            TranscriptWarning("truncated_file", "the file breaks off"),
            TranscriptWarning("repetition", "a loop was cut", 62, 63, 1),
        ),
    )
    assert to_markdown(talk) == (
        "# c\\_1\n\n"
        "| | |\n| --- | --- |\n| Recording | c.wav |\n| Started | 2026-11-22T10:00:00Z |\n"
        "| Duration | 01:06:40 |\n| Speakers | agent, customer |\n| Agent | a7 |\n| Language | English |\n"
        "| Model | demo@1 |\n| k | v\\|w |\n\n"
        "## Warnings\n\n- the file breaks off\n- **00:01:02–00:01:03 customer** a loop was cut\n\n"
        "## Record\n\n**00:00:00 agent** hello\n\n*Chinese:*\n\n**00:01:02 customer** 你好\n"
    )


def test_a_record_says_that_one_channel_tells_no_speakers_apart() -> None:
    record = to_markdown(call(roles=("unknown",)))
    assert "| Speakers | not told apart: one channel |" in record
    assert record.endswith("No speech was recognised.\n")


def test_markup_in_texts_is_escaped_in_the_record() -> None:
    record = to_markdown(call(said(0, 1, 0, f"{MARKUP}\n# title")))
    paragraph = record.rstrip("\n").split("\n\n")[-1].removeprefix("**00:00:00 agent** ")
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", paragraph) == f"{MARKUP} # title"
    assert not re.search(r"(?<!\\)[`*_\[\]<>|~&$#]", paragraph.replace("\\\\", ""))


def test_the_written_form_is_shown_and_json_keeps_both() -> None:
    talk = call(replace(said(0, 1, 0, "five dollars"), written="$5"))
    for name, form in FORMATS.items():
        shown = form.render(talk)
        assert ("\\$5" if name == "markdown" else "$5") in shown
        assert ("five dollars" in shown) == (name in ("json", "tsv"))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_an_empty_call(name: str) -> None:
    assert "None" not in FORMATS[name].render(call())


def test_an_empty_transcript_is_empty_in_text_and_subtitles() -> None:
    assert to_text(call()) == ""
    assert to_srt(call()) == ""


def test_json_reads_back_as_the_same_transcript() -> None:
    assert transcript_from_dict(json.loads(to_json(TALK))) == TALK
    assert to_json(TALK, indent=None).count("\n") == 1
