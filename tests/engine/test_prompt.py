"""Prompts against the reference processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr_engine.features import MelFrontEnd
from asr_engine.manifest import AudioDims, TokenIds
from asr_engine.text.prompt import PromptBuilder
from asr_engine.text.tokenizer import AsrTokenizer

DIMS = AudioDims(16000, 128, 400, 160, 8000, 100, 13, 100, 256)
CHECKPOINT = Path(__file__).parents[2] / "demo" / "checkpoint"
SAMPLES = np.zeros(20_480, np.float32)
CONTEXTS = [
    "",
    "交易 停滞",
    "Hot words: iPhone 15 Pro, Übergröße, naïve, 한국어, ไทย, 🙂",
    "\n\nstarts with line breaks",
    " starts and ends with spaces ",
    "several\nlines\r\nof text\n",
    "e\N{COMBINING ACUTE ACCENT} decomposed, \N{NO-BREAK SPACE}odd spaces\t",
]


@pytest.fixture(scope="module")
def processor() -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoProcessor.from_pretrained(CHECKPOINT)


@pytest.fixture(scope="module")
def language_names() -> list[str]:
    module = pytest.importorskip("transformers.models.qwen3_asr.processing_qwen3_asr")
    return list(module.LANGUAGE_CODE_TO_NAME.values())


@pytest.fixture(scope="module")
def builder() -> PromptBuilder:
    tokenizer = AsrTokenizer(CHECKPOINT / "tokenizer.json")
    audio_pad, asr_text = tokenizer.control_id("<|audio_pad|>"), tokenizer.control_id("<asr_text>")
    return PromptBuilder(tokenizer, TokenIds(end_of_text=(), audio_pad=audio_pad, asr_text=asr_text))


def ours(builder: PromptBuilder, context: str, language: str | None) -> list[int]:
    num_audio = MelFrontEnd(DIMS).num_tokens(SAMPLES.size)
    return builder.build(builder.encode_context(context), num_audio, language).ids.tolist()


def reference(processor: Any, context: str | None, language: str | None) -> list[int]:
    request = processor.apply_transcription_request(audio=SAMPLES, language=language, prompt=context)
    return request["input_ids"][0].tolist()


def test_all_thirty_forced_languages_equal_the_reference(
    builder: PromptBuilder, processor: Any, language_names: list[str]
) -> None:
    assert len(language_names) == 30
    for name in language_names:
        assert ours(builder, "", name) == reference(processor, None, name), name


@pytest.mark.parametrize("language", [None, "Chinese"])
@pytest.mark.parametrize("context", CONTEXTS)
def test_contexts_equal_the_reference(
    builder: PromptBuilder, processor: Any, context: str, language: str | None
) -> None:
    assert ours(builder, context, language) == reference(processor, context, language)


def test_without_a_context_the_system_turn_is_empty(builder: PromptBuilder, processor: Any) -> None:
    assert ours(builder, "", None) == reference(processor, None, None)
