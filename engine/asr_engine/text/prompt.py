"""Prompt of a request: the control tokens and texts around the audio.

    <|im_start|>system\n{context}<|im_end|>\n
    <|im_start|>user\n<|audio_start|>{audio}<|audio_end|><|im_end|>\n
    <|im_start|>assistant\n[language {name}<asr_text>]

The line breaks between these three lines are not part of the prompt. The text between two control tokens is
tokenised in one piece, as the reference processor does, because the line break after `system` may form one
token with what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_engine.manifest import TokenIds
from asr_engine.text.tokenizer import AsrTokenizer


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids with room for the audio: rows [audio_start, audio_end) take the encoder's output."""

    ids: NDArray[np.int64]  # [length]
    audio_start: int
    audio_end: int

    def __len__(self) -> int:
        return len(self.ids)


class PromptBuilder:
    """Builds a prompt from a context, a number of audio tokens and a forced language, if any."""

    def __init__(self, tokenizer: AsrTokenizer, tokens: TokenIds) -> None:
        self._tokenizer = tokenizer
        self._asr_text = tokens.asr_text
        self._audio_pad = tokens.audio_pad
        turn_start = tokenizer.control_id("<|im_start|>")
        turn_end = tokenizer.control_id("<|im_end|>")
        newline = tokenizer.encode_plain("\n")
        self._system_start = [turn_start]
        self._audio_start = [turn_end, *newline, turn_start, *tokenizer.encode_plain("user\n")]
        self._audio_start.append(tokenizer.control_id("<|audio_start|>"))
        self._audio_end = [tokenizer.control_id("<|audio_end|>"), turn_end, *newline, turn_start]

    def encode_context(self, context: str) -> list[int]:
        """Ids of the system message with its role line, for `context_ids` of `build`."""
        return self._tokenizer.encode_plain(f"system\n{context}")

    def build(self, context_ids: list[int], num_audio_tokens: int, language: str | None) -> Prompt:
        """`language` is the model's name for it; None lets the model name it."""
        head = [*self._system_start, *context_ids, *self._audio_start]
        ids = [*head, *[self._audio_pad] * num_audio_tokens, *self._audio_end, *self._answer(language)]
        return Prompt(np.array(ids, np.int64), len(head), len(head) + num_audio_tokens)

    def _answer(self, language: str | None) -> list[int]:
        if language is None:
            return self._tokenizer.encode_plain("assistant\n")
        return [*self._tokenizer.encode_plain(f"assistant\nlanguage {language}"), self._asr_text]
