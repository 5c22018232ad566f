"""The report: defined for every transcript, with evidence, readable back, as its schema says."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from random import Random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_types.transcript import ROLES, CallMetadata, Channel, Segment, Transcript
from call_analysis import CallReport, analyze
from call_analysis.findings import QualityItem, RuleFinding
from call_analysis.hits import Hit
from call_analysis.report import report_from_dict
from call_analysis.report_schema import report_schema
from call_analysis.turns import CallTurn, call_turns
from tests.analysis.dialogue import call

SCHEMA = jsonschema.Draft202012Validator(report_schema())

CALL = call(
    "agent: 您好，请问有什么可以帮您？",
    "customer: 你好，洗衣机坏了，维修要多少钱？",
    "agent: 不归我管。",
)
WORDS = [
    "退款",
    "我不要",
    "投诉",
    "您好",
    " ",
    "ＡＢＣ",
    "refund",
    "don't",
    "İ",
    "ﾊﾞ",
    "cafe\u0301",
    "闭嘴",
    "，",
    "\n",
    "谢谢",
    "price",
    "𠮷",
]


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=3))
    text = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=8).map("".join)
    segments = st.builds(
        lambda start, length, channel, words, language: Segment(
            start, start + length, channel, words, language, "stop", 0.9
        ),
        st.floats(0, 1000),
        st.floats(0, 30),
        st.integers(0, len(roles) - 1),
        text,
        st.sampled_from(["Chinese", "English", "French", None]),
    )
    return Transcript(
        metadata=CallMetadata(),
        duration_s=1100.0,
        sample_rate=16000,
        channels=tuple(Channel(index, role, None, None) for index, role in enumerate(roles)),
        segments=tuple(draw(st.lists(segments, max_size=8))),
        language=draw(st.sampled_from(["Chinese", "English", "Japanese", None])),
    )


def all_hits(report: CallReport) -> list[Hit]:
    intents = [*report.intents, *(intent for turn in report.turns for intent in turn.intents)]
    judged: list[QualityItem | RuleFinding] = [*report.quality.items, *report.findings]
    searched = [found.searched for found in judged if found.searched]
    return searched + [hit for found in (*intents, *judged) for hit in found.hits]


@settings(max_examples=150, deadline=None)
@given(transcripts())
def test_every_transcript_gives_a_report_whose_quotes_stand_in_the_named_turn(transcript: Transcript) -> None:
    report = analyze(transcript)
    turns = call_turns(transcript)
    for hit in all_hits(report):
        assert turns[hit.turn.index] == hit.turn
        assert hit.quote in hit.turn.text
        assert hit.quote.strip()
    document = json.loads(json.dumps(report.to_dict()))
    SCHEMA.validate(document)
    assert report_from_dict(document) == report
    assert report.to_text().endswith("\n")


@settings(max_examples=50, deadline=None)
@given(transcripts(), st.randoms(use_true_random=False))
def test_the_order_of_segments_does_not_matter(transcript: Transcript, random: Random) -> None:
    starts = {(segment.start_s, segment.channel) for segment in transcript.segments}
    if len(starts) < len(transcript.segments):
        return  # what begins at the same time in the same channel has no order of its own
    shuffled = list(transcript.segments)
    random.shuffle(shuffled)
    assert analyze(replace(transcript, segments=tuple(shuffled))) == analyze(transcript)


def test_an_empty_transcript_has_a_defined_report() -> None:
    report = analyze(replace(call(language=None), channels=()))
    assert [(intent.name, intent.confidence) for intent in report.intents] == [("unknown", 0.0)]
    assert (report.quality.outcome, report.quality.score, report.turns) == ("not_applicable", None, ())
    assert report.routing.queue == "human-triage"


def test_a_hit_cannot_be_made_without_words_of_its_turn() -> None:
    turn = CallTurn(0, "agent", 0, 0.0, 1.0, "Chinese", "您好")
    assert Hit(turn, 0, 2, "您好").quote == "您好"
    for start, end in ((0, 0), (-1, 1), (1, 3), (2, 1)):
        with pytest.raises(ValueError, match="no part of turn 0"):
            Hit(turn, start, end, "您好")


def test_hits_carry_who_when_and_the_exact_words() -> None:
    document = analyze(CALL).to_dict()
    (hit,) = next(item for item in document["quality"]["items"] if item["rule"] == "banned-words")["hits"]
    assert hit == {
        "turn": 2,
        "role": "agent",
        "channel": 0,
        "start_s": 10.0,
        "end_s": 15.0,
        "start_char": 0,
        "end_char": 4,
        "quote": "不归我管",
        "phrase": "不归我管",
        "moment": None,
    }


def test_the_schema_is_valid_and_its_entries_are_those_of_the_report() -> None:
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {field.name for field in fields(CallReport)}
    assert list(analyze(CALL).to_dict()) == list(schema["properties"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"schema_version": "2.0"}, "report schema version is '2.0'; this version reads 1.0"),
        ({"schema_version": None}, "schema_version is missing"),
        ({"turns": []}, "a hit is in turn [12], but the report has 0 turns"),
        ({"intents": []}, "intents is empty"),
        ({"quality": 1}, "quality is 1; expected an object"),
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, object], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        report_from_dict(analyze(CALL).to_dict() | change)


def test_a_report_with_a_false_quote_is_refused() -> None:
    document = analyze(CALL).to_dict()
    document["turns"][1]["text"] = "你好，洗衣机很好，维修要多少钱？"
    with pytest.raises(ValueError, match=r"turn 1 says '很好' where the report quotes '坏了'"):
        report_from_dict(document)


def test_a_report_of_a_later_minor_version_is_read() -> None:
    report = analyze(CALL)
    document = report.to_dict() | {"schema_version": "1.9", "emotion": "calm"}
    assert report_from_dict(document) == replace(report, schema_version="1.9")


def test_the_text_names_intent_queue_outcome_and_what_to_improve() -> None:
    text = analyze(CALL).to_text()
    for part in ("after-sales", "“坏了”", "zh-after-sales", "fail", "“不归我管”", "→ 出现 1 次禁语"):
        assert part in text
