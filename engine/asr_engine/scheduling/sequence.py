"""Sequence: one request from acceptance to answer, with its tokens, buffers and times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from asr_engine.errors import EngineError
from asr_engine.features import Window
from asr_engine.graphs.device_tensors import AudioEmbeds
from asr_engine.request import AsrResult, FinishReason, Timings
from asr_engine.text.prompt import Prompt
from asr_engine.text.repetition import LoopDetector

Answer = AsrResult | EngineError
OnDone = Callable[[Answer], None]


class Stage(Enum):
    """Where a sequence is; it only moves down this list."""

    PREPARING = auto()  # features are being computed; no slot
    WAITING = auto()  # features are ready; no slot
    ENCODING = auto()  # some windows are still to be encoded; no slot
    ENCODED = auto()  # its prompt is to be prefilled as soon as a slot is free
    DECODING = auto()  # has a slot; takes part in every decode step
    ANSWERED = auto()  # gone from the engine


@dataclass(eq=False, slots=True)
class Sequence:
    """Owns its tokens, buffers and times. After submission only the loop thread changes it."""

    request_id: str
    on_done: OnDone
    samples: NDArray[np.float32]  # [0] once the windows are made or the request is answered
    audio_s: float
    language: str | None  # forced, the model's name
    prompt: Prompt
    max_new_tokens: int
    end_of_text: tuple[int, ...]
    detector: LoopDetector
    submitted_at: float  # seconds on the engine's clock, as all times here
    stage: Stage = Stage.PREPARING
    slot: int | None = None
    windows: tuple[Window, ...] = ()
    num_encoded: int = 0  # windows
    audio_embeds: list[AudioEmbeds] = field(default_factory=list)  # [tokens, hidden] for each window
    token_ids: list[int] = field(default_factory=list)  # generated
    logprobs: list[float] = field(default_factory=list)
    first_token_at: float | None = None
    encode_s: float = 0.0
    prefill_s: float = 0.0
    decode_clock_start: float = 0.0  # the engine's decode seconds when this row joined

    @property
    def first_token_s(self) -> float | None:
        """From submission to the first token; None before it."""
        return None if self.first_token_at is None else self.first_token_at - self.submitted_at

    @property
    def length(self) -> int:
        """Valid positions in the slot after the next decode call."""
        return len(self.prompt) + len(self.token_ids)

    def prefilled(self, started_at: float, ended_at: float, decode_clock: float) -> None:
        """The prompt is in the cache and the first token is chosen; windows and embeddings can go."""
        self.audio_embeds, self.windows = [], ()
        self.first_token_at = ended_at
        self.prefill_s = ended_at - started_at
        self.decode_clock_start = decode_clock

    def add_token(self, token_id: int, logprob: float) -> FinishReason | None:
        """Take the model's next token; returns the finish reason if it is the last one."""
        if token_id in self.end_of_text:
            return FinishReason.STOP
        self.token_ids.append(token_id)
        self.logprobs.append(logprob)
        loop = self.detector.push(token_id)
        if loop is not None:
            del self.token_ids[loop.end_of_first :], self.logprobs[loop.end_of_first :]
            return FinishReason.REPETITION
        return FinishReason.LENGTH if len(self.token_ids) >= self.max_new_tokens else None

    def drop_samples(self) -> None:
        """Free the audio: its features exist, or are no longer wanted."""
        self.samples = np.empty(0, np.float32)

    def leave(self) -> OnDone:
        """Drop the buffers and the callback; returns the callback.

        The callback refers to its caller, and the caller refers through its Job to this sequence. Such a
        reference cycle would keep the audio until Python's garbage collector runs.
        """
        on_done, self.on_done = self.on_done, _answered_already
        self.drop_samples()
        self.windows, self.audio_embeds = (), []
        return on_done

    def timings(self, now: float, decode_clock: float) -> Timings:
        """Seconds in each stage so far."""
        first_token_s, total_s = self.first_token_s, now - self.submitted_at
        return Timings(
            queue_s=(total_s if first_token_s is None else first_token_s) - self.encode_s - self.prefill_s,
            encode_s=self.encode_s,
            prefill_s=self.prefill_s,
            decode_s=0.0 if first_token_s is None else decode_clock - self.decode_clock_start,
            first_token_s=first_token_s,
            total_s=total_s,
        )


def _answered_already(_: Answer) -> None:
    raise AssertionError("a sequence is answered once")


def token_cap(audio_s: float, base: int, per_second: float, requested: int | None) -> int:
    """The most tokens a clip of this duration can plausibly need, lowered by the request's own limit."""
    cap = base + math.ceil(per_second * audio_s)
    return cap if requested is None else min(cap, requested)
