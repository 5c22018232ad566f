"""What lenient normalisation takes for equal, and what it must not."""

from __future__ import annotations

import pytest

from asr_eval.normalization import Normalization, normalize, score_units
from asr_eval.scoring import error_rate

EQUAL = {
    "en": [
        ("TWENTY FIVE DOLLARS", "$25"),
        ("two million dollars", "$2 million"),
        ("three point one four", "3.14"),
        ("nineteen ninety eight", "1998"),
        ("one thousand two hundred", "1,200"),
        ("a hundred and five", "105"),
        ("five per cent", "5%"),
        ("the twenty first of May", "the 21st of May"),
        ("MISTER QUILTER AND MISSUS SMITH", "Mr. Quilter and Mrs. Smith"),
        ("I do not, I cannot, I will not", "I don't, I can't, I won't"),
        ("it is what we have", "it's what we've"),
        ("colour of the theatre, realised and travelled", "color of the theater, realized and traveled"),
        ("well um we uh agree", "Well, we agree."),
        ("hello [laughter] there", "hello there"),
    ],
    "zh": [
        ("一共五千一百二十三元", "一共5123元"),
        ("百分之三十五", "35%"),
        ("三点一四", "3.14"),
        ("一三八零零一三八零零零", "13800138000"),
        ("二零二六年十一月", "2026年11月"),
        ("三百万", "300万"),
        ("一定要两个", "一定要二个"),
    ],
}

DIFFERENT = {
    "en": [
        ("twenty five", "twenty six"),
        ("four hours", "for ours"),
        ("one hundred", "one thousand"),
        ("I can", "I can't"),
        ("five dollars", "five euros"),
        ("filled", "filed"),
    ],
    "zh": [("五千一百", "五千二百"), ("百分之五", "百分之六"), ("十元", "时元"), ("四个", "十个")],
}


@pytest.mark.parametrize(
    ("language", "reference", "hypothesis"), [(code, *pair) for code in EQUAL for pair in EQUAL[code]]
)
def test_what_is_only_spelt_in_two_ways_is_equal(language: str, reference: str, hypothesis: str) -> None:
    assert error_rate(reference, hypothesis, language, Normalization.LENIENT).errors == 0
    assert error_rate(hypothesis, reference, language, Normalization.LENIENT).errors == 0


@pytest.mark.parametrize(
    ("language", "reference", "hypothesis"), [(code, *pair) for code in DIFFERENT for pair in DIFFERENT[code]]
)
def test_what_is_another_word_stays_an_error(language: str, reference: str, hypothesis: str) -> None:
    assert error_rate(reference, hypothesis, language, Normalization.LENIENT).errors > 0


@pytest.mark.parametrize("language", ["French", "Japanese"])
def test_other_languages_know_the_basic_normalisation_only(language: str) -> None:
    text = "vingt-cinq [rires] 三十"
    assert score_units(text, language, Normalization.LENIENT) == score_units(text, language)


def test_the_basic_normalisation_forgives_no_numbers() -> None:
    assert error_rate("twenty five", "25", "en").errors == 2
    assert normalize("twenty five") == "twenty five"
