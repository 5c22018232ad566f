"""Quality control by the default rules."""

from __future__ import annotations

import pytest

from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, Transcript
from call_analysis import analyze
from call_analysis.findings import QualityItem
from tests.analysis.dialogue import LINE_S, call, language_of

POLITE = "agent: 您好，请问有什么可以帮您？请稍等，感谢您的来电。"
POLITE_ENGLISH = "agent: Hello, thank you for calling, how may I help you? One moment, please."


def item(transcript: Transcript, rule: str) -> QualityItem:
    return next(item for item in analyze(transcript).quality.items if item.rule == rule)


def test_a_polite_call_passes_without_suggestions() -> None:
    quality = analyze(call(POLITE, "customer: 洗衣机坏了")).quality
    assert (quality.outcome, quality.score, quality.suggestions) == ("pass", 100.0, ())


def test_a_banned_word_fails_the_call_and_says_who_when_and_what() -> None:
    report = analyze(call(POLITE, "customer: 能退吗？", "agent: 这不归我管。"))
    banned = next(item for item in report.quality.items if item.rule == "banned-words")
    (hit,) = banned.hits
    assert (hit.quote, hit.turn.role, hit.turn.start_s) == ("不归我管", ROLE_AGENT, 2 * LINE_S)
    assert (report.quality.outcome, banned.outcome) == ("fail", "fail")
    assert banned.suggestion
    assert "不归我管" in banned.suggestion


def test_the_customer_may_use_words_that_the_agent_may_not() -> None:
    assert item(call(POLITE, "customer: 闭嘴，神经病！"), "banned-words").outcome == "pass"


def test_two_service_phrases_are_too_few_and_three_are_enough() -> None:
    assert item(call("agent: 您好，请稍等。"), "service-phrases").outcome == "fail"
    assert item(call("agent: 您好，请稍等，谢谢。"), "service-phrases").outcome == "pass"
    assert (
        item(call("agent: 谢谢。", "customer: 好", "agent: 谢谢，谢谢。"), "service-phrases").outcome
        == "pass"
    )


def test_a_greeting_without_service_phrases_needs_coaching_but_does_not_fail_the_call() -> None:
    quality = analyze(call("agent: 您好，三千元。", "customer: 谢谢您")).quality
    assert [(entry.name, entry.score) for entry in quality.dimensions] == [
        ("service", 30.0),
        ("compliance", 100.0),
    ]
    assert (quality.outcome, quality.score) == ("coach", 65.0)


@pytest.mark.parametrize(
    ("language", "line", "words"),
    [
        ("Chinese", "agent: 三千元。", "服务用语只出现 0 次，至少应有 3 次"),
        ("English", "agent: It is thirty dollars.", "Service phrases were used 0 times, at least 3"),
        ("Japanese", "agent: 三千円です。", "接遇表現は0回"),
    ],
)
def test_suggestions_come_in_the_calls_language(language: str, line: str, words: str) -> None:
    suggestion, _ = analyze(call(line, language=language)).quality.suggestions
    assert words in suggestion


def test_a_promise_that_is_denied_is_no_promise() -> None:
    assert item(call(POLITE, "agent: 我们保证退款"), "forbidden-promises").outcome == "fail"
    assert item(call(POLITE, "agent: 我们不会保证退款"), "forbidden-promises").outcome == "pass"
    assert item(call(POLITE_ENGLISH, "agent: I guarantee it", language="English"), "forbidden-promises").hits


@pytest.mark.parametrize(
    "line",
    [
        "这是你自己弄坏的，不关我们的事。",
        "没有就是没有，别再问了。",
        "你有本事就去投诉。",
        "Don't you understand?",
        "Read the manual yourself.",
        "You broke it yourself, it is your fault.",
    ],
)
def test_rudeness_without_a_swear_word_is_banned_too(line: str) -> None:
    language = language_of(line)
    assert item(call(f"agent: {line}", language=language), "banned-words").outcome == "fail"


@pytest.mark.parametrize(
    "line",
    [
        "我看过说明书了，请您不要着急。",
        "抱歉，这不是您的问题。",
        "I am sorry, that is not your fault.",
        "I understand that this is annoying.",
    ],
)
def test_an_apology_in_similar_words_is_not_banned(line: str) -> None:
    language = language_of(line)
    assert item(call(f"agent: {line}", language=language), "banned-words").outcome == "pass"


@pytest.mark.parametrize(
    "line",
    [
        "投资这个稳赚不赔。",
        "私下转六百元给我。",
        "This is the best in the world.",
        "Pay ten dollars to me personally.",
    ],
)
def test_money_on_the_side_and_superlatives_are_forbidden_promises(line: str) -> None:
    language = language_of(line)
    assert item(call(f"agent: {line}", language=language), "forbidden-promises").outcome == "fail"


def test_a_banned_word_is_banned_even_when_denied() -> None:
    banned = item(call("agent: You are not stupid.", language="English"), "banned-words")
    assert [hit.quote for hit in banned.hits] == ["stupid"]


def test_business_keywords_are_listed_for_both_sides_and_judge_nothing() -> None:
    keywords = item(call("agent: 价格", "customer: 优惠，价格"), "business-keywords")
    assert [(hit.turn.role, hit.quote) for hit in keywords.hits] == [
        (ROLE_AGENT, "价格"),
        (ROLE_CUSTOMER, "优惠"),
        (ROLE_CUSTOMER, "价格"),
    ]
    assert (keywords.outcome, keywords.points) == ("info", 0.0)


@pytest.mark.parametrize(
    ("transcript", "reason"),
    [
        (call("您好，洗衣机坏了"), "who is the agent is not known"),
        (call("customer: 洗衣机坏了"), "the agent is not in this recording; recorded: customer"),
        (call("customer: 坏了", roles=(ROLE_AGENT, ROLE_CUSTOMER)), "no words of the agent"),
        (
            call("agent: Bonjour", language="French"),
            "spoken: French; the rule has phrases for: en, ja, yue, zh",
        ),
        (call("agent: 嗯", language=None), "spoken: an unknown language"),
        (call(), "no words of the agent"),
    ],
)
def test_what_cannot_be_judged_is_not_applicable_and_says_why(transcript: Transcript, reason: str) -> None:
    quality = analyze(transcript).quality
    required = next(item for item in quality.items if item.rule == "service-phrases")
    assert required.outcome == "not_applicable"
    assert required.reason
    assert reason in required.reason
    assert (quality.outcome, quality.score) == ("not_applicable", None)


def test_a_banned_word_counts_in_a_call_of_another_language() -> None:
    quality = analyze(call("agent: Bonjour, shut up", language="French")).quality
    assert quality.outcome == "fail"


def test_what_is_not_applicable_leaves_the_score_alone() -> None:
    # no Japanese phrases for forbidden promises; the other rules are judged
    quality = analyze(
        call("agent: お電話ありがとうございます。少々お待ちください。失礼いたします。", language="Japanese")
    ).quality
    outcomes = {item.rule: item.outcome for item in quality.items}
    assert outcomes["forbidden-promises"] == "not_applicable"
    assert (quality.outcome, quality.score) == ("pass", 100.0)
