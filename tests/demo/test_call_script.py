"""The script of the sample calls: only what training has not heard, and the same as in the references."""

from __future__ import annotations

import pytest

from make_calls.held_out_lines import HeldOutLines, SeenInTraining
from make_calls.script import SCRIPT, VoiceHeardInTraining, load_script
from sample_calls import load_calls


@pytest.fixture(scope="module")
def held_out() -> HeldOutLines:
    return HeldOutLines()


def test_references_have_the_lines_of_the_script() -> None:
    scripted = {call.file: [(line.text, line.held_out) for line in call.lines] for call in load_script()}
    spoken = {call.file: [(line.text, line.held_out) for line in call.lines] for call in load_calls()}
    assert {name: sorted(lines) for name, lines in spoken.items()} == {
        name: sorted(lines) for name, lines in scripted.items()
    }


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我上个月买的洗衣机坏了，还在保修期内，怎么联系维修？", "zh"),
        ("不好意思，地址写错了，应该是南京。请尽快处理。", "zh"),
        ("Sorry, the address is wrong, it should be Seattle. Thank you.", "en"),
    ],
)
def test_openings_and_closings_do_not_hide_a_held_out_sentence(
    held_out: HeldOutLines, text: str, language: str
) -> None:
    assert held_out.holds(text, language)


def test_a_standing_phrase_is_known_to_training(held_out: HeldOutLines) -> None:
    assert not held_out.holds("这不归我管。", "zh")
    assert held_out.holds("这不归我管。那你找值班经理去吧。", "zh")


@pytest.mark.parametrize("text", ["地址写错了，应该是北京。", "今天天气真好。"])
def test_a_sentence_of_training_or_of_no_template_is_refused(held_out: HeldOutLines, text: str) -> None:
    with pytest.raises(SeenInTraining, match="neither held out nor a standing phrase"):
        held_out.holds(text, "zh")


def test_a_voice_of_training_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("script") / "script.yaml"
    path.write_text(SCRIPT.read_text(encoding="utf-8").replace("+paul", "+f3"), encoding="utf-8")
    with pytest.raises(VoiceHeardInTraining, match="f3"):
        load_script(path)
