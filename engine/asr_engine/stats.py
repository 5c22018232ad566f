"""Counters and gauges of one engine, and the snapshot of them that callers read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType

from asr_engine.request import FinishReason


class Outcome(StrEnum):
    """How an accepted request ended: with a transcript that has this finish reason, or with an error."""

    STOP = FinishReason.STOP.value
    LENGTH = FinishReason.LENGTH.value
    REPETITION = FinishReason.REPETITION.value
    SILENCE = FinishReason.SILENCE.value
    CANCELLED = "cancelled"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A consistent snapshot. Counters start at load; gauges describe the end of the loop's last iteration."""

    healthy: bool
    heartbeat: int  # iterations of the loop; stops growing only when the loop hangs or has ended
    active: int  # gauge: rows decoding
    waiting: int  # gauge: accepted requests without a slot
    slots_in_use: int  # gauge
    requests: Mapping[Outcome, int]  # answered
    audio_s: float  # of requests that were answered with a transcript
    tokens: int  # generated; those that a repetition guard cut off are included
    encode_steps: int
    encode_windows: int
    encode_s: float
    prefill_steps: int
    prefill_s: float
    decode_steps: int
    decode_rows: int  # running rows summed over the steps; divided by decode_steps: the mean batch
    decode_s: float
    decode_graph_s: float  # the part of decode_s that ONNX Runtime took
    busy_s: float  # length of the iterations, waiting for messages excluded
    ttft_sum_s: float  # time to first token, from submission
    ttft_count: int

    @property
    def repetition_stops(self) -> int:
        return self.requests[Outcome.REPETITION]


@dataclass(slots=True)
class EngineCounters:
    """One method for each event of the loop.

    Only the loop thread calls these methods, so it may read single counters without the lock. Every other
    thread reads a `snapshot`.
    """

    healthy: bool = True
    heartbeat: int = 0
    active: int = 0
    waiting: int = 0
    slots_in_use: int = 0
    requests: Counter[Outcome] = field(default_factory=lambda: Counter(dict.fromkeys(Outcome, 0)))
    audio_s: float = 0.0
    tokens: int = 0
    encode_steps: int = 0
    encode_windows: int = 0
    encode_s: float = 0.0
    prefill_steps: int = 0
    prefill_s: float = 0.0
    decode_steps: int = 0
    decode_rows: int = 0
    decode_s: float = 0.0
    decode_graph_s: float = 0.0
    busy_s: float = 0.0
    ttft_sum_s: float = 0.0
    ttft_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def encoded(self, windows: int, seconds: float) -> None:
        """An encoder step ran."""
        with self._lock:
            self.encode_steps += 1
            self.encode_windows += windows
            self.encode_s += seconds

    def prefilled(self, seconds: float, first_token_s: float) -> None:
        """A prefill ran; `first_token_s` is the request's time from submission to its first token."""
        with self._lock:
            self.prefill_steps += 1
            self.prefill_s += seconds
            self.ttft_sum_s += first_token_s
            self.ttft_count += 1

    def decoded(self, rows: int, seconds: float, graph_s: float) -> None:
        """A decode step ran; `rows` leaves out slots without a sequence."""
        with self._lock:
            self.decode_steps += 1
            self.decode_rows += rows
            self.decode_s += seconds
            self.decode_graph_s += graph_s

    def generated(self, tokens: int) -> None:
        """A prefill or decode step gave this many tokens, end-of-text excluded."""
        with self._lock:
            self.tokens += tokens

    def answered(self, outcome: Outcome, audio_s: float = 0.0) -> None:
        """A request got its answer; `audio_s` is 0 unless the answer is a transcript."""
        with self._lock:
            self.requests[outcome] += 1
            self.audio_s += audio_s

    def iterated(self, busy_s: float, active: int, slots_in_use: int, pending: int) -> None:
        """An iteration has ended, which is the heartbeat; `pending` counts all requests not yet answered."""
        with self._lock:
            self.heartbeat += 1
            self.busy_s += busy_s
            self.active = active
            self.slots_in_use = slots_in_use
            self.waiting = pending - slots_in_use

    def stopped(self) -> None:
        """The loop has ended and serves nothing any more."""
        with self._lock:
            self.healthy = False

    def snapshot(self) -> EngineStats:
        """All counters and gauges as they are at one moment."""
        with self._lock:
            values = {entry.name: getattr(self, entry.name) for entry in fields(EngineStats)}
            return EngineStats(**{**values, "requests": MappingProxyType(dict(self.requests))})
