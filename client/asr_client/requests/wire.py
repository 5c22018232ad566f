"""Wire contract with the Triton model: what a request and its RESULT hold. See docs/PROTOCOL.md."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_client.errors import ServerFailed
from asr_types.finish_reason import FinishReason
from asr_types.reading import member_or_text

INPUT = "AUDIO"
OUTPUT = "RESULT"


@dataclass(frozen=True, slots=True)
class Query:
    """One request: mono int16 PCM at 16 kHz, shape [samples], and the options for the model."""

    id: str
    pcm: NDArray[np.int16]
    language: str | None = None
    context: str = ""
    max_new_tokens: int | None = None

    def parameters(self) -> dict[str, str | int]:
        """KServe request parameters; only what differs from the server's default is sent."""
        parameters: dict[str, str | int] = {}
        if self.language:
            parameters["language"] = self.language
        if self.context:
            parameters["context"] = self.context
        if self.max_new_tokens is not None:
            parameters["max_new_tokens"] = self.max_new_tokens
        return parameters


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server recognised. `timings` are the server's stages in seconds, by name."""

    text: str
    language: str | None
    finish_reason: FinishReason | str  # a string where a later server gave a reason unknown here
    num_tokens: int
    confidence: float | None
    model: str
    timings: dict[str, float]


def parse_answer(document: bytes) -> Answer:
    """Read the RESULT document. Raises ServerFailed when it is not one."""
    if not document:
        raise ServerFailed("the server answered with empty text; its Python environment may hold numpy 2")
    try:
        data = json.loads(document)
        return Answer(
            text=_string(data["text"]),
            language=_string(data.get("language") or "") or None,
            finish_reason=member_or_text(FinishReason, _string(data["finish_reason"])),
            num_tokens=int(data["num_tokens"]),
            confidence=_confidence(data.get("mean_logprob")),
            model=_model_name(data.get("model")),
            timings=_seconds(data.get("timings")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServerFailed(f"the server's answer is not understood: {document[:120]!r}") from error


def _confidence(mean_logprob: float | None) -> float | None:
    if mean_logprob is None:
        return None
    if not math.isfinite(mean_logprob):
        raise ValueError(f"mean_logprob is {mean_logprob}")
    return min(1.0, math.exp(mean_logprob))


def _model_name(model: str | Mapping[str, Any] | None) -> str:
    """`name` or `name@revision`."""
    if isinstance(model, Mapping):
        return "@".join(str(model[key]) for key in ("name", "revision") if model.get(key))
    return _string(model or "")


def _seconds(timings: Mapping[str, Any] | None) -> dict[str, float]:
    return {name: float(value) for name, value in (timings or {}).items() if value is not None}


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
