"""Where calls go by the default table."""

from __future__ import annotations

import pytest

from call_analysis import analyze
from tests.analysis.dialogue import call


@pytest.mark.parametrize(
    ("language", "line", "queue", "priority"),
    [
        ("Chinese", "我要投诉", "zh-complaints", "urgent"),
        ("Chinese", "洗衣机坏了", "zh-after-sales", "high"),
        ("Chinese", "有没有优惠", "zh-sales", "normal"),
        ("Chinese", "嗯", "zh-general", "normal"),
        ("Cantonese", "我要投诉", "zh-complaints", "urgent"),
        ("English", "I want a refund", "en-after-sales", "high"),
        ("English", "Where is my order", "en-general", "normal"),
        ("Japanese", "こんにちは", "ja-general", "normal"),
        ("French", "Bonjour", "human-triage", "high"),
        (None, "…", "human-triage", "high"),
    ],
)
def test_language_and_intent_lead_to_a_queue(
    language: str | None, line: str, queue: str, priority: str
) -> None:
    route = analyze(call(line, language=language)).routing
    assert (route.queue, route.priority) == (queue, priority)


def test_a_language_outside_the_table_is_unknown_and_goes_to_a_person() -> None:
    route = analyze(call("Bonjour", language="French")).routing
    assert route.language == "unknown"
    assert route.advice == "Hand to a person; ask for the customer's language."


@pytest.mark.parametrize(
    ("line", "language", "queue"),
    [
        ("你好，我的洗衣机坏了，请帮我报修", "Chinese", "zh-after-sales"),
        ("Hello, I would like to complain about the service", "English", "en-complaints"),
        ("こんにちは、注文についてお聞きしたいのですが", "Japanese", "ja-general"),
        ("Bonjour, je voudrais parler à quelqu'un", "unknown", "human-triage"),
        ("嗯", "unknown", "human-triage"),
    ],
)
def test_without_a_tag_the_text_tells_the_language(line: str, language: str, queue: str) -> None:
    route = analyze(call(line, language=None)).routing
    assert (route.language, route.queue) == (language, queue)
    assert route.language_from == ("none" if language == "unknown" else "text")


def test_the_models_tag_is_never_overruled_by_the_text() -> None:
    route = analyze(call("Hello, where is my order?", language="Japanese")).routing
    assert (route.language, route.language_from) == ("Japanese", "tag")


def test_advice_comes_in_the_calls_language() -> None:
    assert (
        analyze(call("こんにちは", language="Japanese")).routing.advice
        == "日本語の担当者におつなぎください。"
    )
    assert analyze(call("我要投诉")).routing.advice == "转资深客服，24 小时内回访。"
