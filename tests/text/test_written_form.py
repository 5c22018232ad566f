"""The written form of numbers, and all that must stay as it was said."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asr_text.english_number import BELOW_TWENTY, TENS
from asr_text.written_form import with_written_forms, written_form
from asr_types.transcript import CallMetadata, Channel, Segment, Transcript

CHINESE = {
    "phone": {
        "我的电话是一三八零零一三八零零零": "我的电话是13800138000",
        "幺三八，零零幺三，八零零零。": "138，0013，8000。",
        "请拨四零零八二零八八二零": "请拨4008208820",
        "尾号是八八六六": "尾号是8866",
        "工号零零七": "工号007",
    },
    "money": {
        "一共五千一百二十三元": "一共5123元",
        "便宜五十二块": "便宜52块",
        "一百二十块五毛": "120块5毛",
        "每股十二块三毛五分": "每股12块3毛5分",
        "三十九块九一斤": "39块9一斤",
        "三块五。": "3块5。",
        "一百五十六点八元": "156.8元",
        "一万块钱": "1万块钱",
        "五块钱": "5块钱",
        "两百五十美元": "250美元",
        "二百五十块": "250块",
    },
    "number": {
        "三十分钟以后再打": "30分钟以后再打",
        "二十多个": "20多个",
        "一百二": "120",
        "三万五": "35000",
        "五万三千二百": "53200",
        "三百万": "300万",
        "一亿三千万": "1亿3000万",
        "一千零五十": "1050",
        "第二十三页": "第23页",
        "一百二十八号楼三单元五零二": "128号楼三单元502",
        "零下十五度": "零下15度",
        "二十四小时": "24小时",
    },
    "decimal": {
        "三点一四": "3.14",
        "零点五": "0.5",
        "打八点五折": "打8.5折",
        "一点五倍": "1.5倍",
        "房价三点五万": "房价3.5万",
    },
    "percent": {
        "百分之三十五": "35%",
        "百分之十二点五": "12.5%",
        "百分之百": "100%",
        "百分之三十到百分之四十": "30%到40%",
    },
    "date": {
        "二零二六年十一月二十二日": "2026年11月22日",
        "十一月二十二号": "11月22号",
        "一九九八年": "1998年",
        "二零二六年三月": "2026年3月",
    },
    "time": {
        "下午三点半": "下午3点半",
        "三点钟": "3点钟",
        "六点十五分": "6点15分",
        "早上八点二十": "早上8点20",
        "下午三点零五": "下午3点05",
        "九点一刻": "9点一刻",
        "十一点": "11点",
    },
}

CHINESE_STAYS = [
    "一点也不好", "快一点", "一会儿", "万一不行呢", "不怕一万，就怕万一", "千万不要", "十分感谢",
    "一块去", "一块五个人", "一次",
    "七上八下", "一五一十", "乱七八糟", "三十而立", "三十六计", "七十二变", "九九八十一", "不管三七二十一",
    "十万八千里", "一千零一夜", "三百六十行", "双十一", "你是二百五", "百分百", "十一放假", "十年",
    "三四天", "五六百块", "两三千块", "三四十", "三百五六", "三百五六十块", "十五六岁", "几十块",
    "几百人", "三十几个",
    "等十几分钟", "十来个", "两到三千块", "二十到三十个", "一百或两百块",
    "三分之一", "二十分之一", "三点零五", "早一点三个人去", "快一点五分钟就到", "一点一点来", "三点半价",
    "我们周二十点开会", "星期一二十个人", "初一二三", "一二三楼都有", "一三五限行", "三二一开始",
    "请按一", "九八年", "五公里", "负五度",
    "我有一百个不愿意", "房子在3号楼", "2十", "你好", "",
]  # fmt: skip

ENGLISH = {
    "phone": {
        "my number is one three eight zero zero one three eight": "my number is 13800138",
        "call five five five, one two two four": "call 555, 1224",
        "My order is double five one oh two.": "My order is 55102.",
        "nine one one": "911",
        "zero zero seven": "007",
    },
    "money": {
        "two hundred and fifty dollars": "$250",
        "It costs twenty dollars, okay?": "It costs $20, okay?",
        "Ten dollars.": "$10.",
        "twenty-five dollars and fifty cents": "$25.50",
        "five dollars and five cents": "$5.05",
        "two point five million dollars": "$2.5 million",
        "ninety-nine euros": "€99",
        "fifty cents": "50 cents",
    },
    "number": {
        "one hundred twenty three": "123",
        "three hundred and five": "305",
        "twenty one": "21",
        "one hundred and twenty five thousand": "125000",
        "three million": "3 million",
        "thirty minutes": "30 minutes",
        "A twenty-year-old phone": "A 20-year-old phone",
        "twelve hundred people": "1200 people",
    },
    "decimal": {
        "three point one four": "3.14",
        "zero point five seconds": "0.5 seconds",
        "one point two million": "1.2 million",
    },
    "percent": {
        "five percent": "5%",
        "ninety nine point nine per cent": "99.9%",
        "one hundred percent sure": "100% sure",
    },
    "date": {
        "on November twenty second, twenty twenty six": "on November 22nd, 2026",
        "the twenty first of May": "the 21st of May",
        "march third": "march third",
        "since two thousand and eight": "since 2008",
        "in nineteen eighty four": "in 1984",
        "the year twenty oh five": "the year 2005",
    },
    "time": {
        "at ten thirty a m": "at 10:30 a.m.",
        "eleven fifty nine p.m.": "11:59 p.m.",
        "eleven oh five PM": "11:05 PM",
        "five o'clock": "5 o'clock",
        "Please call me at ten thirty tomorrow.": "Please call me at 10:30 tomorrow.",
    },
}

ENGLISH_STAYS = [
    "one of us", "no one", "the first time", "second to none", "a second", "one or two days",
    "I have two cats",
    "ten thirty", "seven thirty", "one thirty five", "twenty twenty six", "twenty four seven", "seven eleven",
    "fifty fifty", "nine to five", "nineteen eighty four", "two thirds", "half past ten", "quarter past two",
    "at ten thirty people were there", "in twenty twenty five minutes", "a hundred", "several hundred",
    "a hundred and twenty five dollars", "a dollar", "half a million", "one or two hundred dollars",
    "twenty to thirty dollars", "five to ten percent", "at one point five of us left",
    "twenty second video",
    "one two three hundred", "one eight hundred five five five", "forty winks", "double five", "oh five",
    "one two three go", "three two one", "around ten fifteen.",
    "may I help you", "May I ask", "march first", "the twenty first of may", "ten to one", "3 hundred",
    "hello", "",
]  # fmt: skip


def _cases(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [case for cases in table.values() for case in cases.items()]


@pytest.mark.parametrize(("said", "written"), _cases(CHINESE))
def test_chinese_numbers_are_written(said: str, written: str) -> None:
    assert written_form(said, "Chinese") == written


@pytest.mark.parametrize("said", CHINESE_STAYS)
def test_chinese_that_must_stay_stays(said: str) -> None:
    assert written_form(said, "Chinese") == said


@pytest.mark.parametrize(("said", "written"), _cases(ENGLISH))
def test_english_numbers_are_written(said: str, written: str) -> None:
    assert written_form(said, "English") == written


@pytest.mark.parametrize("said", ENGLISH_STAYS)
def test_english_that_must_stay_stays(said: str) -> None:
    assert written_form(said, "English") == said


@pytest.mark.parametrize("language", ["French", None, ""])
def test_other_languages_come_back_as_they_are(language: str | None) -> None:
    assert written_form("twenty dollars 五十二块", language) == "twenty dollars 五十二块"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.integers(10, 10**10))
@example(10**8)
@example(2 * 10**8 + 10**4)
def test_a_chinese_price_keeps_its_value(value: int) -> None:
    written = written_form(f"一共{_chinese(value)}元", "Chinese")
    assert _value(re.fullmatch("一共(.*)元", written)[1]) == value  # type: ignore[index]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.integers(1, 10**9 - 1), st.booleans())
def test_an_english_price_keeps_its_value(value: int, with_and: bool) -> None:
    written = written_form(f"that is {_english(value, with_and)} dollars.", "English")
    figures = re.fullmatch(r"that is \$([\d.]+)( million)?\.", written)
    assert figures
    assert int(figures[1]) * (10**6 if figures[2] else 1) == value


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("一二三五九十百千万零两点半年月日号元块毛个到几第周分", max_size=12))
def test_only_numerals_of_chinese_ever_change(said: str) -> None:
    numerals = r"[\d.%一二三四五六七八九十百千万亿零两点]"
    written = written_form(said, "Chinese")
    assert re.sub(numerals, "", written) == re.sub(numerals, "", said)
    assert written_form(written, "Chinese") == written


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from([*TENS, "one", "ten", "hundred", "thousand", "and", "point", "oh", "or", "people"])
    )
)
def test_only_number_words_of_english_ever_change(words: list[str]) -> None:
    written = written_form(" ".join(words), "English")
    left = [word for word in written.split() if word in ("or", "people")]
    assert left == [word for word in words if word in ("or", "people")]
    assert "None" not in written


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("said", "language"),
    [
        *(
            (words * 2000, "English")
            for words in ("one ", "twenty one hundred and ", "at ten thirty ", "twenty-")
        ),
        *(
            (numerals * 2000, "Chinese")
            for numerals in ("一", "三点", "百分之", "一二三四五六七八九十", "一万零")
        ),
    ],
)
def test_texts_without_end_take_no_time_without_end(said: str, language: str) -> None:
    assert len(written_form(said, language)) <= len(said)


def test_a_transcript_gets_both_forms() -> None:
    segments = tuple(
        Segment(0, 1, 0, text, language, "stop", 0.9)
        for text, language in [("五十二块", "Chinese"), ("ten dollars", "English"), ("dix euros", "French")]
    )
    call = Transcript(CallMetadata("c"), 3.0, 8000, (Channel(0, "agent", None, None),), segments, "Chinese")
    both = with_written_forms(call)
    assert [segment.written for segment in both.segments] == ["52块", "$10", "dix euros"]
    assert [segment.text for segment in both.segments] == [segment.text for segment in segments]
    assert both.text == call.text


def _chinese(value: int) -> str:
    for name, unit in (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10)):
        if value >= unit:
            above, rest = divmod(value, unit)
            gap = "零" if 0 < rest < unit // 10 else ""
            return _chinese(above) + name + gap + (_chinese(rest) if rest else "")
    return "零一二三四五六七八九"[value]


def _value(figures: str) -> int:
    match = re.fullmatch(r"(?:(\d+)亿)?(?:(\d+)万)?(\d+)?", figures)
    assert match
    above, middle, rest = (int(part or 0) for part in match.groups())
    return above * 10**8 + middle * 10**4 + rest


SMALL = [word for word, value in sorted(BELOW_TWENTY.items(), key=lambda item: item[1])]


def _english(value: int, with_and: bool) -> str:
    for name, unit in (("million", 10**6), ("thousand", 1000), ("hundred", 100)):
        if value >= unit:
            above, rest = divmod(value, unit)
            joint = " and " if with_and and 0 < rest < 100 else " "
            return f"{_english(above, with_and)} {name}" + (joint + _english(rest, with_and) if rest else "")
    if value < 20:
        return SMALL[value]
    tens = next(word for word, ten in TENS.items() if ten == value // 10 * 10)
    return tens if value % 10 == 0 else f"{tens}-{SMALL[value % 10]}"
