"""What holds for every rule in every dialogue, and how long many rules take."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_types.transcript import Channel, Segment, SpeechSpan, Transcript
from call_analysis import analyze
from call_analysis.analysis import prepare
from call_analysis.call import _nearest
from call_analysis.conditions.similar import _closest
from call_analysis.dialogue_file import parse_dialogue
from call_analysis.rules.expression import And, Expression, Name, Not, Or, parse_expression, truth
from call_analysis.rules.rule import judge
from call_analysis.rules_file.rules_file import Rules, default_rules_text, parse_rules
from call_analysis.turns import call_turns
from tests.analysis.dialogue import call
from tests.analysis.processor_time import units_of

WORDS = ["退款", "您好", "请稍等", "投诉", "ＡＢ", "不", "，", "。", "12", "refund", " ", "İ", "𠮷"]
PHRASES = {"phrases": ["您好", "退款", "refund"]}
CHECKS: list[dict[str, Any]] = [
    {"type": "words", **PHRASES},
    {"type": "words", "match": "none", **PHRASES},
    {"type": "words", "at_least": 2, **PHRASES},
    {"type": "regex", "pattern": "您.|\\d+", "excluding": "投诉"},
    {"type": "near", "first": ["您好"], "second": ["退款", "投诉"], "within_chars": 3},
    {"type": "near", "first": ["您好"], "second": ["退款", "投诉"], "within_turns": 2, "ordered": True},
    {"type": "similar", "phrases": ["您好请稍等"], "threshold": 0.5},
    {"type": "silence", "at_least_s": 1},
    {"type": "silence", "at_least_s": 1, "speaker": "same"},
    {"type": "overlap", "at_least_s": 0.2},
    {"type": "speed", "above": {"zh": 60}, "least_s": 0.5},
    {"type": "duration", "at_least_s": 1},
    {"type": "turns", "at_most": 3},
    {"type": "delay", "of": "response", "at_least_s": 0.5},
    {"type": "delay", "of": "greeting", "at_least_s": 0.5},
    {"type": "intent", "names": ["refund", "complaint"]},
    {"type": "language", "languages": ["Chinese"]},
]
POSITIONS: list[dict[str, Any]] = [
    {},
    {"first_turns": 1},
    {"last_turns": 2},
    {"first_s": 5},
    {"last_s": 5},
    {"before": "anchor"},
    {"after": "anchor", "within_turns": 1},
]


def rules_with(checks: list[dict[str, Any]]) -> Rules:
    base = yaml.safe_load(default_rules_text())
    base["rules"] = {f"rule-{index}": _rule(check) for index, check in enumerate(checks)}
    base["scorecard"]["items"] = {"rule-0": {"dimension": "service"}}
    return parse_rules(yaml.safe_dump(base, allow_unicode=True).encode(), "many.yaml")


def _rule(check: dict[str, Any]) -> dict[str, Any]:
    conditions = {"tried": check}
    if {"before", "after"} & check.get("position", {}).keys():
        conditions["anchor"] = {"type": "words", "phrases": ["请稍等", "您好"]}
    return {"conditions": conditions, "when": "tried"}


EVERY = rules_with(
    [
        check | ({"position": position} if position else {}) | {"roles": roles}
        for check in CHECKS
        for position in POSITIONS
        for roles in (["agent"], ["agent", "customer", "unknown"])
    ]
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    roles = draw(st.sampled_from([("agent", "customer"), ("unknown",), ("agent",), ("customer", "agent")]))
    text = st.lists(st.sampled_from(WORDS), max_size=6).map("".join)
    segments = draw(
        st.lists(
            st.builds(
                lambda start, length, channel, words: Segment(
                    start, start + length, channel, words, "Chinese", "stop", 0.9
                ),
                st.floats(0, 30).map(lambda value: round(value, 1)),
                st.floats(0, 6).map(lambda value: round(value, 1)),
                st.integers(0, len(roles) - 1),
                text,
            ),
            max_size=7,
        )
    )
    spans = [
        tuple(SpeechSpan(part.start_s, part.end_s) for part in segments if part.channel == channel)
        for channel in range(len(roles))
    ]
    empty = call(language="Chinese")
    return Transcript(
        metadata=empty.metadata,
        duration_s=40.0,
        sample_rate=16000,
        channels=tuple(
            Channel(index, role, None, None, spans[index] if draw(st.booleans()) else ())
            for index, role in enumerate(roles)
        ),
        segments=tuple(segments),
        language="Chinese",
    )


@settings(max_examples=60, deadline=None)
@given(transcripts())
def test_every_hit_quotes_its_turn_and_every_verdict_has_evidence_or_a_reason(transcript: Transcript) -> None:
    turns = call_turns(transcript)
    judged = prepare(transcript, EVERY)
    for rule in EVERY.checks.values():
        verdict = judge(rule, judged).whole
        for hit in (*verdict.hits, *([verdict.searched] if verdict.searched else [])):
            assert turns[hit.turn.index] == hit.turn
            assert hit.quote.strip()
            assert hit.quote in hit.turn.text
            assert set(rule.conditions["tried"].roles) >= {hit.turn.role}
            assert hit.moment is None or hit.moment.start_s <= hit.moment.end_s
        assert (verdict.truth is None) == (verdict.reason is not None)


EXPRESSIONS = st.recursive(
    st.sampled_from("abc").map(Name),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def spelled(expression: Expression) -> str:
    match expression:
        case Name(name):
            return name
        case Not(part):
            return f"not ({spelled(part)})"
        case And(parts):
            return "(" + ") and (".join(map(spelled, parts)) + ")"
        case Or(parts):
            return "(" + ") or (".join(map(spelled, parts)) + ")"


@settings(deadline=None)
@given(EXPRESSIONS, st.tuples(*[st.sampled_from([True, False, None])] * 3))
def test_an_expression_is_read_as_it_is_written(
    expression: Expression, row: tuple[bool | None, bool | None, bool | None]
) -> None:
    values = dict(zip("abc", row, strict=True))
    assert truth(parse_expression(spelled(expression)), values) == truth(expression, values)


def test_and_binds_closer_than_or() -> None:
    assert parse_expression("a or b and not c") == Or((Name("a"), And((Name("b"), Not(Name("c"))))))


@given(st.text("abc", max_size=14), st.text("abcd", min_size=2, max_size=8))
def test_the_closest_piece_is_the_one_that_trying_all_finds(letters: str, phrase: str) -> None:
    pairs, wanted = pairwise_letters(letters), Counter(pairwise_letters(phrase))
    size = wanted.total()
    pieces = [pairs[start : start + size] for start in range(max(len(pairs) - size, 0) + 1)]
    shared = [(Counter(piece) & wanted).total() for piece in pieces]
    similarity, start, end = _closest(letters, wanted)
    assert similarity == max(shared) / size
    if similarity > 0:
        assert start == shared.index(max(shared))
        assert end == start + len(pieces[start]) + 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 30))
def test_the_nearest_segment_is_the_one_that_looking_at_all_finds(
    spans: list[tuple[int, int]], time_s: int
) -> None:
    segments = [Segment(start, start + length, 0, "x", None, "stop", None) for start, length in sorted(spans)]
    reach = list(accumulate((segment.end_s for segment in segments), max))
    away = [max(segment.start_s - time_s, time_s - segment.end_s, 0) for segment in segments]
    assert _nearest(segments, reach, time_s) == away.index(min(away))


def pairwise_letters(letters: str) -> list[str]:
    return ["".join(pair) for pair in pairwise(letters)]


def memory_kb(name: str) -> int:
    """VmRSS: resident now; VmHWM: the most so far. See proc(5)."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields[name].split()[0])


def test_an_hour_long_call_with_a_hundred_rules_takes_under_three_seconds_and_300_mb() -> None:
    rules = rules_with((CHECKS * 6)[:100])
    lines = ["customer: 你好，我上个月买的洗衣机坏了，还在保修期内，维修要多少钱，什么时候能上门？"]
    lines += ["agent: 您好，感谢您的来电，我帮您查一下订单，请稍等，预计明天下午送到，请问还有别的问题吗？"]
    text = "\n".join(f"{index * 5}-{index * 5 + 4.5} {lines[index % 2]}" for index in range(720))
    transcript = parse_dialogue(text, "hour.txt")
    assert transcript.duration_s > 3590
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: earlier tests may have used more
    before_kb = memory_kb("VmRSS")
    assert units_of(lambda: analyze(transcript, rules)) < 30
    assert memory_kb("VmHWM") - before_kb < 300 * 1024
