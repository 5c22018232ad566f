"""tokenizer.json alone does what the reference processor's tokenizer does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from asr_engine.manifest import TOKENIZER_NAME
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.self_check import check_tokenizer
from asr_export.errors import ParityFailed

CHECKPOINT = Path(__file__).parents[2] / "demo" / "checkpoint"
REFERENCE = AutoTokenizer.from_pretrained(CHECKPOINT)
PIECES = [
    "<|im_start|>",
    "<|im_end|>",
    "<|audio_pad|>",
    "<asr_text>",
    "language Chinese",
    "您好",
    " the",
    "\n",
]


@pytest.fixture(scope="module")
def alone(demo_repository: Path) -> Tokenizer:
    return Tokenizer.from_file(str(demo_repository / ARTIFACTS / TOKENIZER_NAME))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=8).map("".join))
def test_any_text_encodes_and_decodes_alike(alone: Tokenizer, text: str) -> None:
    ids = REFERENCE(text, add_special_tokens=False)["input_ids"]
    assert alone.encode(text, add_special_tokens=False).ids == ids
    for skip in (True, False):
        assert alone.decode(ids, skip_special_tokens=skip) == REFERENCE.decode(ids, skip_special_tokens=skip)


def test_a_tokenizer_that_differs_fails_the_self_check(demo_subject: LoadedCheckpoint) -> None:
    other = Tokenizer.from_str(demo_subject.tokenizer.to_str())
    other.add_tokens(["手机"])
    with pytest.raises(ParityFailed, match="encodes"):
        check_tokenizer(replace(demo_subject, tokenizer=other))
