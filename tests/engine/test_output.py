from __future__ import annotations

from pathlib import Path

import pytest

from asr_engine.manifest import TOKENIZER_NAME, load_manifest
from asr_engine.text.languages import Languages
from asr_engine.text.output import Hypothesis, OutputParser
from asr_engine.text.tokenizer import AsrTokenizer


class Parsing:
    """Builds ids from text and `<asr_text>`, and parses them."""

    def __init__(self, artifacts: Path) -> None:
        self.tokenizer = AsrTokenizer(artifacts / TOKENIZER_NAME)
        self.tag = load_manifest(artifacts).tokens.asr_text
        languages = Languages({"zh": "Chinese", "en": "English"})
        self._parser = OutputParser(self.tokenizer, languages, self.tag)

    def ids(self, *parts: str) -> list[int]:
        """Parts with a tag between them."""
        joined: list[int] = []
        for part in parts:
            joined += [*([self.tag] if joined else []), *self.tokenizer.encode_plain(part)]
        return joined

    def __call__(self, ids: list[int], forced: str | None = None) -> Hypothesis:
        return self._parser.parse(ids, forced)


@pytest.fixture(scope="module")
def parse(scripted_artifacts: Path) -> Parsing:
    return Parsing(scripted_artifacts)


@pytest.mark.parametrize(
    ("header", "text", "expected"),
    [
        ("language Chinese", "你好", Hypothesis("Chinese", "你好")),
        ("language English", " Hello. ", Hypothesis("English", "Hello.")),
        ("language None", "", Hypothesis(None, "")),
        ("language chinese", "你好", Hypothesis("Chinese", "你好")),
        ("language Klingon", "nuqneH", Hypothesis(None, "nuqneH")),
        ("nonsense", "Hello.", Hypothesis(None, "Hello.")),
    ],
)
def test_header_and_text_are_told_apart(parse: Parsing, header: str, text: str, expected: Hypothesis) -> None:
    assert parse(parse.ids(header, text)) == expected


@pytest.mark.parametrize(
    "header", ["", "l", "lang", "language", "language ", "language Chi", "language None"]
)
def test_a_cut_header_is_no_text(parse: Parsing, header: str) -> None:
    assert parse(parse.ids(header)) == Hypothesis(None, "")


def test_text_without_a_header_is_text(parse: Parsing) -> None:
    assert parse(parse.ids("language is a virus, they say")).text == "language is a virus, they say"


def test_with_a_forced_language_everything_is_text(parse: Parsing) -> None:
    assert parse(parse.ids("language Chinese"), "English") == Hypothesis("English", "language Chinese")


def test_a_header_after_a_forced_language_is_no_text(parse: Parsing) -> None:
    assert parse(parse.ids("language Chinese", "你好"), "Chinese") == Hypothesis("Chinese", "你好")


def test_typed_out_tags_are_text_and_real_control_tokens_are_not(parse: Parsing) -> None:
    ids = parse.ids("language English", "say <asr_text> or <|im_end|>")
    ids += [
        parse.tag,
        parse.tokenizer.control_id("<|audio_pad|>"),
        parse.tokenizer.control_id("<|im_start|>"),
    ]
    assert parse(ids) == Hypothesis("English", "say <asr_text> or <|im_end|>")


@pytest.mark.parametrize("cut", [1, 2])
def test_a_character_cut_at_the_end_is_left_out(parse: Parsing, cut: int) -> None:
    assert parse(parse.ids("language Chinese", "你好")[:-cut]).text == "你"


def test_ids_that_no_tokenizer_knows_are_left_out(parse: Parsing) -> None:
    assert parse([*parse.ids("language English", "Hello"), 5000]).text == "Hello"
