from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from training.sentences.grammar import Grammar
from training.sentences.languages import LANGUAGES
from training.sentences.number_slots import digit_string
from training.sentences.phrases import Mix, load_phrases
from training.sentences.spelling import chinese_number, english_number, english_ordinal

CUSTOMER_TOPICS = {"product", "price", "discount", "after_sales", "repair", "refund", "logistics", "account"}
AGENT_TOPICS = {"greeting", "identity", "hold", "recap", "promise", "closing", "impolite", "forbidden"}


def test_there_are_250_templates_and_1200_words(grammars: dict[str, Grammar]) -> None:
    assert sum(len(grammar.phrases.templates) for grammar in grammars.values()) >= 250
    assert sum(len(set(grammar.vocabulary)) for grammar in grammars.values()) >= 1200


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_sides_of_a_call_have_their_topics(language: str) -> None:
    topics = {(template.side, template.topic) for template in load_phrases(language).templates}
    wanted = CUSTOMER_TOPICS | {"complaint", "person"}
    assert {("customer", topic) for topic in wanted} <= topics
    assert {("agent", topic) for topic in AGENT_TOPICS} <= topics


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_is_written_twice(language: str) -> None:
    texts = [template.text for template in load_phrases(language).templates]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_seed_decides_every_sentence(grammars: dict[str, Grammar], language: str) -> None:
    def drawn(seed: int) -> list[str]:
        random = Random(seed)
        return [grammars[language].sentence(random).text for _ in range(200)]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_filled(grammars: dict[str, Grammar], language: str) -> None:
    grammar, random = grammars[language], Random(1)
    for template in grammar.phrases.templates:
        assert "{" not in grammar.fill(template, random).text


def test_a_slot_that_comes_twice_gets_two_values(grammars: dict[str, Grammar]) -> None:
    grammar = grammars["en"]
    template = next(item for item in grammar.phrases.templates if item.text.startswith("I want to exchange"))
    for seed in range(50):
        text = grammar.fill(template, Random(seed)).text
        first, second = text.removeprefix("I want to exchange the ").removesuffix(".").split(" for a ")
        assert first != second


def test_a_slot_that_nothing_fills_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "zh"
    for side in ("customer", "agent"):
        (folder / side).mkdir(parents=True)
    (folder / "customer" / "price.txt").write_text("{nothing}多少钱？\n", encoding="utf-8")
    (folder / "slots.yaml").write_text("product: [手机]\n", encoding="utf-8")
    for name in ("openings", "closings", "words"):
        (folder / f"{name}.txt").write_text("好\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"customer/price.*nothing"):
        load_phrases("zh", tmp_path)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sides"):
        Mix(kinds={"salad": 1.0}, sides={"customer": 0.7}, clauses={1: 1.0}, openings=0.1, closings=0.1)


def test_many_digit_strings_repeat_digits() -> None:
    random = Random(2)
    strings = [digit_string(random, 8, 8) for _ in range(400)]
    with_runs = sum(any(digit * 3 in string for digit in "0123456789") for string in strings)
    assert {len(string) for string in strings} == {8}
    assert with_runs > 0.2 * len(strings)


def test_words_of_a_salad_follow_no_order(grammars: dict[str, Grammar]) -> None:
    random = Random(3)
    pairs = [tuple(grammars["en"].salad(random).text.split()[:2]) for _ in range(300)]
    assert len(set(pairs)) > 0.9 * len(pairs)


@pytest.mark.parametrize(
    ("number", "chinese", "english"),
    [
        (10, "十", "ten"),
        (205, "两百零五", "two hundred five"),
        (2012, "两千零一十二", "two thousand twelve"),
        (9999, "九千九百九十九", "nine thousand nine hundred ninety nine"),
        (1300, "一千三百", "one thousand three hundred"),
    ],
)
def test_numbers_are_spelled_as_said(number: int, chinese: str, english: str) -> None:
    assert chinese_number(number) == chinese
    assert english_number(number) == english


def test_days_of_a_month_have_ordinals() -> None:
    assert [english_ordinal(day) for day in (1, 12, 20, 21, 30, 31)] == [
        "first",
        "twelfth",
        "twentieth",
        "twenty first",
        "thirtieth",
        "thirty first",
    ]
