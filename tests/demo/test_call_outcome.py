"""What the demo takes for a problem, and how it counts errors."""

from __future__ import annotations

from asr_types.transcript import CallMetadata, Channel, Segment, Transcript
from call_analysis import analyze
from call_outcome import Failed, Transcribed, bounded_errors, errors_by_condition, find_problems
from sample_calls import SampleCall, SpokenLine


def call(text: str = "", language: str | None = "Chinese", condition: str = "clean") -> SampleCall:
    lines = (SpokenLine(0, 0.0, 2.0, text, held_out=True),) if text else ()
    return SampleCall("a.flac", language, condition, "", 3.0, 16_000, ("unknown",), lines)


def heard(
    spoken: SampleCall, text: str, language: str | None = "Chinese", other_channel: str = ""
) -> Transcribed:
    segments = [Segment(0.0, 2.0, 0, text, language, "stop", 0.9)] if text else []
    if other_channel:
        segments.append(Segment(2.0, 3.0, 1, other_channel, language, "stop", 0.9))
    transcript = Transcript(
        metadata=CallMetadata(),
        duration_s=spoken.duration_s,
        sample_rate=spoken.sample_rate,
        channels=(Channel(0, "unknown", -20.0, -3.0),),
        segments=tuple(segments),
        language=language if text else None,
    )
    return Transcribed(spoken, transcript, analyze(transcript), latency_s=0.1)


def test_right_text_in_the_right_language_is_no_problem() -> None:
    outcome = heard(call("你好，我要退货。"), "你好我要退货")
    assert outcome.errors.errors == 0
    assert find_problems([outcome]) == ()


def test_wrong_language_is_a_problem_whatever_the_text() -> None:
    problems = find_problems([heard(call("你好。"), "你好。", language="English")])
    assert problems == ("a.flac: language is English; expected: Chinese",)


def test_text_on_silence_is_a_problem() -> None:
    problems = find_problems([heard(call(language=None, condition="silence"), "谢谢。")])
    assert problems == ("a.flac: silence, but there is text: 谢谢。",)


def test_silence_without_text_is_none() -> None:
    assert find_problems([heard(call(language=None, condition="silence"), "", language=None)]) == ()


def test_failed_call_is_a_problem_in_the_words_of_the_client() -> None:
    assert find_problems([Failed(call("你好。"), "no server")]) == ("a.flac: no server",)


def test_error_rate_above_its_bound_is_a_problem() -> None:
    problems = find_problems([heard(call("一二三四五六七八九十"), "一二三四五六七八九")])
    assert problems == ("CER of the clean and telephone calls in Chinese is 10.0%; allowed: 5%",)


def test_noisy_calls_are_reported_but_not_bounded() -> None:
    outcome = heard(call("一二三四五六七八九十", condition="noise"), "一")
    assert find_problems([outcome]) == ()
    assert bounded_errors([outcome], "Chinese").reference_length == 0
    (group,) = errors_by_condition([outcome])
    assert group.title == "Chinese noise CER"
    assert group.errors.deletions == 9


def test_english_is_counted_by_word() -> None:
    outcome = heard(call("How much is it?", language="English"), "how much was it", language="English")
    assert (outcome.errors.substitutions, outcome.errors.reference_length) == (1, 4)


def test_words_of_another_channel_do_not_count_for_this_one() -> None:
    outcome = heard(call("你好。"), "你好。", other_channel="再见。")
    assert outcome.errors.errors == 0
