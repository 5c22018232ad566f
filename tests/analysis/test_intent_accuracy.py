"""How well the default rules recognise intents, on utterances that none of the examples resembles."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_cli.main import main
from call_analysis import load_rules
from call_analysis.intents.evaluation import (
    Evaluation,
    calibration_error,
    evaluate,
    read_labelled,
    with_errors,
)
from call_analysis.rules_file.intents_section import default_examples
from tests.analysis.processor_time import units_of

HELD_OUT = Path(__file__).parent / "sentences" / "intents_held_out.tsv"
SCENARIOS = (
    "你好我想了解一下你们最新款的智能手机它的摄像头像素是多少电池能用多久",
    "这个电脑现在有优惠吗能不能便宜一点",
    "我上个月买的洗衣机坏了还在保修期内怎么联系维修",
)


@pytest.fixture(scope="module")
def clean() -> Evaluation:
    rules = load_rules()
    return evaluate(read_labelled(HELD_OUT, rules.intents), rules.intents)


def four_grams(text: str) -> set[str]:
    text = text.lower()
    return {text[start : start + 4] for start in range(max(len(text) - 3, 1))}


def similarity(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def test_clean_utterances_are_recognised(clean: Evaluation) -> None:
    assert clean.utterances >= 400
    assert clean.macro_f1 >= 0.90


def test_confidence_says_how_often_it_is_right(clean: Evaluation) -> None:
    assert clean.calibration_error <= 0.08


@pytest.mark.parametrize("seed", [1, 2])
def test_utterances_with_a_tenth_of_their_characters_wrong_are_mostly_recognised(seed: int) -> None:
    rules = load_rules()
    damaged = [
        with_errors(utterance, 0.1, 100 + seed) for utterance in read_labelled(HELD_OUT, rules.intents)
    ]
    assert evaluate(damaged, rules.intents).macro_f1 >= 0.80


def test_no_held_out_utterance_and_no_scenario_is_like_an_example() -> None:
    rules = load_rules()
    held_out = [four_grams(utterance.text) for utterance in read_labelled(HELD_OUT, rules.intents)]
    held_out += [four_grams(scenario) for scenario in SCENARIOS]
    for entry in default_examples().values():
        for line in entry.text().splitlines():
            example = four_grams(line.strip())
            assert max(similarity(example, unseen) for unseen in held_out) <= 0.6, line


def test_a_thousand_turns_take_less_than_two_seconds() -> None:
    rules = load_rules()
    utterances = (read_labelled(HELD_OUT, rules.intents) * 3)[:1000]
    assert units_of(lambda: evaluate(utterances, rules.intents)) < 20


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ([], 0.0),
        ([(1.0, True), (1.0, True)], 0.0),
        ([(0.95, False)], 0.95),
        ([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 0.0),
        ([(0.25, True), (0.95, True)], (0.75 + 0.05) / 2),
    ],
)
def test_calibration_error(pairs: list[tuple[float, bool]], error: float) -> None:
    assert calibration_error(pairs) == pytest.approx(error)


def test_the_command_prints_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--evaluate", str(HELD_OUT)]) == 0
    out = capsys.readouterr().out
    assert "macro-F1 0.9" in out
    assert "calibration error 0.0" in out


def test_a_label_that_is_no_intent_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "labelled.tsv"
    path.write_text("# ok\nprices\tHow much?\n", encoding="utf-8")
    assert main(["analyze", "--evaluate", str(path)]) == 1
    assert (
        "labelled.tsv:2: got 'prices\\tHow much?'; allowed: intents joined by '+'" in capsys.readouterr().err
    )
