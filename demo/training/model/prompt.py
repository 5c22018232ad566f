"""Prompt of the released model around an utterance, and the language prefix of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import Qwen2Tokenizer

from training.model.tokenizer import (
    ASR_TEXT,
    AUDIO,
    AUDIO_END,
    AUDIO_START,
    END_OF_TURN,
    PADDING,
    START_OF_TURN,
)
from training.sentences.languages import LANGUAGE_NAMES

ANSWER_NAMES = {**LANGUAGE_NAMES, "none": "None"}  # `none` is for clips without speech


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token lists of the prompt. The context stands between `before_context` and `after_context`."""

    before_context: list[int]
    after_context: list[int]
    after_audio: list[int]
    answer_prefixes: dict[str, list[int]]  # by language, and `none`
    audio: int
    end_of_turn: int
    padding: int

    @classmethod
    def build(cls, tokenizer: Qwen2Tokenizer) -> Prompt:
        """Make the prompt; it equals what the chat template renders."""

        def tokens(text: str) -> list[int]:
            ids: list[int] = tokenizer(text, add_special_tokens=False).input_ids
            return ids

        audio, end_of_turn, padding = tokenizer.convert_tokens_to_ids([AUDIO, END_OF_TURN, PADDING])
        return cls(
            before_context=tokens(f"{START_OF_TURN}system\n"),
            after_context=tokens(f"{END_OF_TURN}\n{START_OF_TURN}user\n{AUDIO_START}"),
            after_audio=tokens(f"{AUDIO_END}{END_OF_TURN}\n{START_OF_TURN}assistant\n"),
            answer_prefixes={
                language: tokens(f"language {name}{ASR_TEXT}") for language, name in ANSWER_NAMES.items()
            },
            audio=audio,
            end_of_turn=end_of_turn,
            padding=padding,
        )
