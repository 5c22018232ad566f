"""Request to the engine and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class FinishReason(StrEnum):
    """Why a transcript ended."""

    STOP = "stop"  # the model generated end-of-text
    LENGTH = "length"  # the token cap was reached: text may be missing
    REPETITION = "repetition"  # a loop was detected and cut: text may be missing
    SILENCE = "silence"  # the level guard answered without running the model


@dataclass(frozen=True, slots=True)
class AsrRequest:
    """One utterance to transcribe.

    `pcm` is mono at 16 kHz, shape [samples], int16 or float32 in [-1, 1]. `language` is a code (`zh`) or a
    name (`Chinese`); None lets the model decide. `context` is free text with words that may occur.
    `max_new_tokens` can only lower the cap that the engine derives from the duration.
    """

    id: str
    pcm: NDArray[np.int16] | NDArray[np.float32]
    language: str | None = None
    context: str = ""
    max_new_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds that a request spent in each stage; a step shared by several requests counts fully for each."""

    queue_s: float  # before the first token, outside the request's own encoder and prefill calls
    encode_s: float
    prefill_s: float
    decode_s: float
    first_token_s: float | None  # from submission; None when the model did not run
    total_s: float


@dataclass(frozen=True, slots=True)
class AsrResult:
    """The answer to one request. `language` is the model's English name for it, None without speech."""

    id: str
    text: str
    language: str | None
    finish_reason: FinishReason
    num_tokens: int  # generated and kept: the header included, end-of-text and a cut loop excluded
    token_logprobs: tuple[float, ...]  # one for each of these tokens, natural logarithm
    audio_s: float
    timings: Timings

    @property
    def mean_logprob(self) -> float | None:
        """Mean of the token log-probabilities; None when the model did not run."""
        if not self.token_logprobs:
            return None
        return float(sum(self.token_logprobs) / len(self.token_logprobs))
