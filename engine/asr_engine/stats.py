"""Counters and gauges of one engine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

OUTCOMES = ("stop", "length", "repetition", "silence", "cancelled", "closed", "failed")


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A consistent snapshot. Counters grow from load on; gauges are as of the last turn of the loop."""

    healthy: bool
    heartbeat: int  # turns of the loop; stands still only when the loop hangs or has ended
    active: int  # gauge: rows decoding
    waiting: int  # gauge: accepted requests without a slot
    slots_in_use: int  # gauge
    requests: Mapping[str, int]  # answered, by outcome: each of OUTCOMES
    audio_s: float  # of answered requests that were not cancelled or failed
    tokens: int  # generated, the cut part of loops included
    encode_steps: int
    encode_windows: int
    encode_s: float
    prefill_steps: int
    prefill_s: float
    decode_steps: int
    decode_rows: int  # running rows summed over the steps; / decode_steps = mean batch
    decode_s: float
    decode_graph_s: float  # of decode_s, inside ONNX Runtime
    busy_s: float  # turns of the loop, without waiting for mail
    ttft_sum_s: float  # time to first token, from submission
    ttft_count: int

    @property
    def repetition_stops(self) -> int:
        return self.requests["repetition"]


@dataclass(slots=True)
class EngineCounters:
    """Written by the loop thread under the lock, read by any."""

    healthy: bool = True
    heartbeat: int = 0
    active: int = 0
    waiting: int = 0
    slots_in_use: int = 0
    requests: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(OUTCOMES, 0)))
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
    lock: threading.Lock = field(default_factory=threading.Lock)

    def snapshot(self) -> EngineStats:
        """A frozen copy."""
        with self.lock:
            values = {entry.name: getattr(self, entry.name) for entry in fields(EngineStats)}
            return EngineStats(**{**values, "requests": MappingProxyType(dict(self.requests))})
