from __future__ import annotations

import numpy as np

from training.evaluation.conditions import Clip
from training.evaluation.evaluation import score, table
from training.evaluation.scoring import Transcript, digits, distance, error_rate, share, units
from training.voices.speaker import Speaker
from training.voices.spoken_form import spoken_form

SILENCE = np.zeros(8_000, np.float32)


def test_distance_counts_each_kind_of_error() -> None:
    assert distance("abcd", "abcd") == 0
    assert distance("abcd", "abd") == 1
    assert distance("abcd", "abxcd") == 1
    assert distance("abcd", "axcd") == 1
    assert distance("", "ab") == 2


def test_chinese_is_scored_by_character_and_english_by_word_and_digit() -> None:
    assert units("订单12，好吗？", "zh") == ["订", "单", "1", "2", "好", "吗"]
    assert units("Order 12, won't it?", "en") == ["order", "1", "2", "won't", "it"]
    assert digits("订单12，手机3") == ["1", "2", "3"]


def test_the_output_is_split_into_language_and_text() -> None:
    assert Transcript.parse("language Chinese<asr_text>你好。") == Transcript("Chinese", "你好。")
    assert Transcript.parse("language None<asr_text>") == Transcript(None, "")
    assert Transcript.parse("nothing known") == Transcript(None, "nothing known")


def test_the_interval_holds_the_rate_and_narrows_with_more_sentences() -> None:
    few = error_rate(["abcde"] * 10, ["abcde"] * 9 + ["abcdx"], "zh")
    many = error_rate(["abcde"] * 400, (["abcde"] * 9 + ["abcdx"]) * 40, "zh")
    assert few.low <= few.count / few.total <= few.high
    assert many.high - many.low < few.high - few.low


def test_a_perfect_share_still_has_an_interval() -> None:
    assert share(20, 20).high == 1.0
    assert 0.8 < share(20, 20).low < 0.9


def test_rows_are_made_for_each_language_and_for_non_speech() -> None:
    clips = [Clip(SILENCE, "你好", "zh"), Clip(SILENCE, "hello", "en"), Clip(SILENCE, "", "none")]
    heard = [Transcript("Chinese", "你好。"), Transcript("English", "yellow"), Transcript(None, "")]
    rows = score("clean", clips, heard)
    assert [(row.language, row.errors.count, row.right_language.count) for row in rows] == [
        ("zh", 0, 1),
        ("en", 1, 1),
        ("none", 0, 1),
    ]
    assert rows[1].mistakes == (("hello", "yellow"),)
    assert len(table(rows).splitlines()) == 5


def test_digits_of_chinese_are_read_one_by_one_without_a_dictionary() -> None:
    speaker = Speaker("espeak", "none", yao=True, pauses_in_digits=True)
    form = spoken_form("10123", "zh", speaker)
    assert form.text == "yao1 ling2 yao1 er4, san1"
    assert [(word.text_start, word.text_end) for word in form.words] == [(i, i + 1) for i in range(5)]


def test_spoken_words_point_at_the_text_they_stand_for() -> None:
    text = "Order 40, won't it ship?"
    form = spoken_form(text, "en", Speaker("espeak", "none", oh=True))
    assert form.text == "Order four oh, won't it ship?"
    assert [text[word.text_start : word.text_end] for word in form.words] == [
        "Order",
        "4",
        "0",
        "won't",
        "it",
        "ship",
    ]
