"""The drawing of a call, and the marked turns."""

from __future__ import annotations

import pytest

from asr_types.transcript import Transcript
from asr_web.call.call_picture import CallPicture, call_picture
from asr_web.call.turns_view import findings, turn_views
from tests.web.finished_calls import DIALOGUE, finished, transcript


def drawn(call: Transcript | None = None) -> CallPicture:
    result = finished(call)
    return call_picture(result.transcript, result.report)


def test_speech_lies_where_it_was_said() -> None:
    agent, customer = drawn().lanes  # 22 s
    assert [lane.role for lane in (agent, customer)] == ["agent", "customer"]
    assert agent.speech[1].left == pytest.approx(100 * 16 / 22)
    assert customer.speech[0].width == pytest.approx(100 * 3 / 22)
    assert agent.share == pytest.approx(100 * 4 / 22)


def test_a_long_silence_is_shown_and_a_short_pause_is_not() -> None:
    (silence,) = drawn().silences
    assert (silence.start_s, silence.end_s) == (6.0, 16.0)


def test_speech_under_which_another_goes_on_leaves_no_silence() -> None:
    lines = (("agent", 0.0, 20.0, "您好"), ("customer", 1.0, 2.0, "喂"), ("customer", 19.0, 21.0, "再见"))
    assert drawn(transcript(lines)).silences == ()


def test_a_broken_rule_is_marked_where_the_words_stand() -> None:
    bad = [mark for mark in drawn().marks if mark.finding.tone == "bad" and mark.finding.hit.moment is None]
    assert {mark.finding.name for mark in bad} == {"banned-words"}
    assert all(16 <= mark.finding.at_s <= 18 for mark in bad)


def test_everything_stays_inside_the_drawing() -> None:
    for duration in (0.3, 22.0, 7200.0):
        lines = tuple(
            (role, start / 22 * duration, end / 22 * duration, text) for role, start, end, text in DIALOGUE
        )
        picture = drawn(transcript(lines))
        stretches = [speech for lane in picture.lanes for speech in lane.speech] + list(picture.silences)
        assert all(one.left >= 0 and one.left + one.width <= 100.001 for one in stretches)
        assert all(0 <= mark.left <= 100 for mark in picture.marks)
        assert 1 <= len(picture.ticks) <= 8


def test_the_words_of_a_turn_add_up_whatever_is_marked() -> None:
    report = finished().report
    for view, entry in zip(turn_views(report), report.turns, strict=True):
        assert "".join(part.text for part in view.words) == entry.turn.text


def test_findings_come_in_order_of_time_with_words_as_evidence() -> None:
    found = findings(finished().report)
    assert [one.at_s for one in found] == sorted(one.at_s for one in found)
    assert "不归我管" in [one.hit.quote for one in found]
