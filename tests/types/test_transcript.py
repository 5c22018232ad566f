"""The transcript: its published schema, reading back, versions, turns."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_types import transcript as types
from asr_types.finish_reason import FinishReason
from asr_types.schema import transcript_schema
from asr_types.transcript import (
    CallMetadata,
    Channel,
    Segment,
    SpeechSpan,
    Transcript,
    TranscriptWarning,
    join_texts,
    transcript_from_dict,
)
from asr_types.warning_code import WarningCode

SECONDS = st.floats(0, 1e5, allow_nan=False)
TEXT = st.text(max_size=8)
OPTIONAL_TEXT = st.none() | TEXT

SCHEMA = jsonschema.Draft202012Validator(transcript_schema())
ATTRIBUTES = st.dictionaries(TEXT, TEXT, max_size=3)
METADATA = st.builds(CallMetadata, TEXT, TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, OPTIONAL_TEXT, ATTRIBUTES)
SPANS = st.lists(st.builds(SpeechSpan, SECONDS, SECONDS), max_size=3).map(tuple)
LEVEL = st.none() | st.floats(-120, 0)
REASONS = st.sampled_from(["stop", "length", "repetition", "silence", "later"])


@st.composite
def _segments(draw: st.DrawFn, num_channels: int) -> Segment:
    start_s, end_s = draw(st.tuples(SECONDS, SECONDS).map(sorted))
    return Segment(start_s, end_s, draw(st.integers(0, num_channels - 1)), draw(TEXT), draw(OPTIONAL_TEXT),
                   draw(REASONS), draw(st.none() | st.floats(0, 1)), draw(st.integers(0, 999)),
                   draw(OPTIONAL_TEXT))  # fmt: skip


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    channels = tuple(
        Channel(index, draw(st.sampled_from(types.ROLES)), draw(LEVEL), draw(LEVEL), draw(SPANS))
        for index in range(draw(st.integers(1, 3)))
    )
    segments = [draw(_segments(len(channels))) for _ in range(draw(st.integers(0, 4)))]
    warning = TranscriptWarning("truncated_text", draw(TEXT), draw(st.none() | SECONDS), None, 0)
    return Transcript(
        metadata=draw(METADATA),
        duration_s=draw(SECONDS),
        sample_rate=draw(st.integers(1, 192_000)),
        channels=channels,
        segments=tuple(segments),
        language=draw(OPTIONAL_TEXT),
        model=draw(TEXT),
        warnings=(warning,) * draw(st.integers(0, 2)),
    )


CALL = Transcript(
    metadata=CallMetadata("c1", "c1.wav"),
    duration_s=12.5,
    sample_rate=8000,
    channels=(Channel(0, "agent", -20.5, -3.0, (SpeechSpan(0.5, 2.0),)), Channel(1, "customer", None, None)),
    segments=(
        Segment(0.5, 2.0, 0, "您好", "Chinese", "stop", 0.98, 4),
        Segment(2.5, 4.0, 0, "请讲", "Chinese", "stop", 0.9, 4),
        Segment(4.5, 5.0, 1, "", None, "silence", None),
        Segment(6.0, 9.0, 1, "我的 order", "Chinese", "length", 0.5, 30),
    ),
    language="Chinese",
    model="demo@1",
    warnings=(TranscriptWarning("truncated_text", "text may be missing", 6.0, 9.0, 1),),
)


@settings(derandomize=True, deadline=None)
@given(transcripts())
def test_every_transcript_fits_the_published_schema_and_reads_back(transcript: Transcript) -> None:
    document = json.loads(json.dumps(transcript.to_dict()))
    SCHEMA.validate(document)
    assert transcript_from_dict(document) == transcript


def test_to_dict_is_what_json_gives_back() -> None:
    assert json.loads(json.dumps(CALL.to_dict())) == CALL.to_dict()
    assert next(iter(CALL.to_dict())) == "schema_version"


def test_names_that_this_version_knows_are_members_and_later_ones_stay_strings() -> None:
    document = CALL.to_dict()
    document["segments"][0]["finish_reason"] = "novel"
    document["warnings"].append(document["warnings"][0] | {"code": "novel"})
    read = transcript_from_dict(document)
    assert [type(segment.finish_reason) for segment in read.segments] == [str] + 3 * [FinishReason]
    assert [type(warning.code) for warning in read.warnings] == [WarningCode, str]
    assert read.to_dict() == document


def test_documents_hold_plain_strings() -> None:
    document = transcript_from_dict(CALL.to_dict()).to_dict()
    assert type(document["segments"][0]["finish_reason"]) is str
    assert type(document["warnings"][0]["code"]) is str


def test_the_schema_is_valid_and_describes_exactly_the_fields() -> None:
    schema = transcript_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    described = {"Transcript": schema, **schema["$defs"]}
    for name, part in described.items():
        assert set(part["properties"]) == {entry.name for entry in fields(getattr(types, name))}


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (["segments", 0, "start_s"], "soon", r"segments\[0\]\.start_s is 'soon'; expected float"),
        (["segments", 0, "channel"], 7, r"segments\[0\]\.channel is 7"),
        (["segments", 0, "channel"], True, r"segments\[0\]\.channel is True; expected int"),
        (["segments", 1, "end_s"], 1.0, r"segments\[1\] runs from 2.5 to 1.0"),
        (["segments", 2], None, r"segments\[2\] is None; expected an object"),
        (["segments"], {}, "segments is {}; expected a list"),
        (["channels", 1, "role"], "boss", "role of channel 1 is 'boss'"),
        (["duration_s"], float("nan"), "duration_s is nan"),
        (["sample_rate"], 8000.5, r"sample_rate is 8000\.5; expected int"),
        (["metadata", "attributes"], {"a": 1}, "expected an object of strings"),
        (["metadata"], [], r"metadata is \[\]"),
        (["model"], None, "model is None; expected str"),
        (["schema_version"], "2.0", "schema version is '2.0'; this version reads 1.1"),
        (["schema_version"], None, "schema_version is missing"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(place: list[Any], value: object, complaint: str) -> None:
    document = json.loads(json.dumps(CALL.to_dict()))
    target = document
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    with pytest.raises(ValueError, match=complaint):
        transcript_from_dict(document)


@pytest.mark.parametrize("key", ["metadata", "duration_s", "channels", "segments", "language"])
def test_a_missing_entry_is_named(key: str) -> None:
    document = CALL.to_dict()
    del document[key]
    with pytest.raises(ValueError, match=f"{key} is missing"):
        transcript_from_dict(document)


def test_entries_of_a_later_minor_version_are_ignored() -> None:
    document = CALL.to_dict() | {"schema_version": "1.7", "novel": [1]}
    document["segments"][0]["words"] = []
    jsonschema.validate(document, transcript_schema())
    assert transcript_from_dict(document) == replace(CALL, schema_version="1.7")


def test_documents_of_an_earlier_minor_version_read() -> None:
    document = CALL.to_dict() | {"schema_version": "1.0"}
    for segment in document["segments"]:
        del segment["written"]
    jsonschema.validate(document, transcript_schema())
    assert transcript_from_dict(document) == replace(CALL, schema_version="1.0")


def test_entries_with_defaults_may_be_left_out() -> None:
    document = CALL.to_dict()
    del document["model"], document["warnings"], document["segments"][2]["num_tokens"]
    jsonschema.validate(document, transcript_schema())
    assert transcript_from_dict(document) == replace(CALL, model="", warnings=())


def test_turns_join_neighbours_of_one_channel_and_skip_empty_segments() -> None:
    assert [(turn.role, turn.text, turn.segments) for turn in CALL.turns()] == [
        ("agent", "您好请讲", (0, 1)),
        ("customer", "我的 order", (3,)),
    ]
    assert CALL.text == "您好请讲\n我的 order"


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["a", "b"], "a b"),
        (["你好", "再见"], "你好再见"),
        (["订单", "A12"], "订单A12"),
        (["はい", "そう"], "はいそう"),
        (["안녕", "하세요"], "안녕 하세요"),
        (["", "a", "", "b"], "a b"),
        ([], ""),
    ],
)
def test_texts_join_with_a_space_only_where_words_have_one(texts: list[str], joined: str) -> None:
    assert join_texts(texts) == joined


def test_a_channel_that_is_not_described_has_an_unknown_role() -> None:
    assert CALL.role_of(9) == "unknown"
