"""How phrases are found: folding, word boundaries, the longest first, denial."""

from __future__ import annotations

import pytest

from call_analysis.text.folded_text import fold
from call_analysis.text.lexicon import Lexicon, Negation

NEGATION = Negation(
    before=("不要", "没有", "not", "don't", "do not", "no"),
    after=("不用了", "is not needed"),
    joiners=("和", "or"),
    reach=4,
)


def find(text: str, *phrases: str, neutral: tuple[str, ...] = ()) -> list[str]:
    """Quotes of what was found; what is denied is in brackets."""
    lexicon = Lexicon({fold(phrase).text: phrase for phrase in phrases}, NEGATION, neutral)
    return [
        f"({text[found.start : found.end]})" if found.negated else text[found.start : found.end]
        for found in lexicon.find(fold(text))
    ]


@pytest.mark.parametrize(
    ("text", "phrase", "quote"),
    [
        ("ＵＳＢ　充电器坏了", "usb充电器", "ＵＳＢ　充电器"),
        ("I want a REFUND.", "refund", "REFUND"),
        ("I don’t care", "i don't care", "I don’t care"),
        ("the after-sales team", "after sales", "after-sales"),
        ("free   of\ncharge", "free of charge", "free   of\ncharge"),
        ("坏 了", "坏了", "坏 了"),
        ("iPhone 坏了", "iphone坏了", "iPhone 坏了"),
        ("the cafe\u0301 bill", "café", "cafe\u0301"),
        ("ﾊﾞﾊﾞ", "ババ", "ﾊﾞﾊﾞ"),
        ("２４小时", "24小时", "２４小时"),
    ],
)
def test_spelling_variants_match_and_the_quote_keeps_the_original(text: str, phrase: str, quote: str) -> None:
    assert find(text, phrase) == [quote]


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("the port is open", "or", False),
        ("I can't hear", "can", False),
        ("your manager's phone", "manager", True),
        ("he said 'refund'", "refund", True),
        ("fixed and fine", "fix", False),
        ("买iphone吗", "iphone", True),
        ("他的坏脾气", "坏脾气", True),
        ("환불을 원해요", "환불", True),
        ("order12", "order", False),
    ],
)
def test_spaced_scripts_match_whole_words_and_unspaced_ones_anywhere(
    text: str, phrase: str, found: bool
) -> None:
    assert bool(find(text, phrase)) is found


def test_a_star_stands_for_any_ending_of_a_word() -> None:
    lexicon = Lexicon({"refund*": 1}, NEGATION)
    text = "refunds, refunded and a refund; prerefund"
    quotes = [text[found.start : found.end] for found in lexicon.find(fold(text))]
    assert quotes == ["refunds", "refunded", "refund"]


def test_the_longest_phrase_wins_and_overlaps_count_once() -> None:
    assert find("延长保修期", "保修", "保修期", "延长保修", "期") == ["延长保修", "期"]
    assert find("refund policy", "refund", "refund policy", "policy") == ["refund policy"]


def test_every_occurrence_is_found() -> None:
    assert find("退款退款，退款", "退款") == ["退款", "退款", "退款"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我不要退款", ["(退款)"]),
        ("我不要你们明天给我退款", ["退款"]),  # beyond the reach
        ("不要，我要退款", ["退款"]),  # another clause
        ("退款就不用了", ["(退款)"]),
        ("不要退款和维修", ["(退款)", "(维修)"]),
        ("不要退款要维修", ["(退款)", "维修"]),
        ("I don't want a refund", ["(refund)"]),
        ("I do not want a refund or a repair", ["(refund)", "(repair)"]),
        ("A refund is not needed", ["(refund)"]),
        ("No, a refund please", ["refund"]),
    ],
)
def test_denial_reaches_what_it_belongs_to_and_no_further(text: str, found: list[str]) -> None:
    assert find(text, "退款", "维修", "refund", "repair") == found


def test_a_denial_inside_a_longer_phrase_denies_nothing() -> None:
    assert find("没有声音", "没有声音", "声音") == ["没有声音"]
    assert find("有没有优惠", "优惠", neutral=("有没有",)) == ["优惠"]


def test_a_neutral_phrase_hides_the_phrases_in_it() -> None:
    assert find("没问题", "问题", neutral=("没问题",)) == []
    assert find("有问题", "问题", neutral=("没问题",)) == ["问题"]
