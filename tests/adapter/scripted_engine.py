"""An engine whose answers the test gives, with the real one's rules: permits, one answer each, closing."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

from asr_engine.config import EngineConfig
from asr_engine.device import Device, DeviceKind
from asr_engine.errors import EngineClosed, EngineError, EngineFull, RequestCancelled
from asr_engine.request import AsrRequest, AsrResult, FinishReason, Timings
from asr_engine.stats import EngineStats, Outcome

STATS = EngineStats(
    healthy=True,
    heartbeat=0,
    active=0,
    waiting=0,
    slots_in_use=0,
    requests=MappingProxyType(dict.fromkeys(Outcome, 0)),
    audio_s=0.0,
    tokens=0,
    encode_steps=0,
    encode_windows=0,
    encode_s=0.0,
    prefill_steps=0,
    prefill_s=0.0,
    decode_steps=0,
    decode_rows=0,
    decode_s=0.0,
    decode_graph_s=0.0,
    busy_s=0.0,
    ttft_sum_s=0.0,
    ttft_count=0,
)


def result(request_id: str, text: str = "hello", **changes: Any) -> AsrResult:
    """A plausible answer."""
    timings = Timings(0.0, 0.1, 0.05, 0.2, first_token_s=0.15, total_s=0.35)
    given = AsrResult(request_id, text, "English", FinishReason.STOP, 3, (-0.1, -0.2, -0.3), 1.0, timings)
    return replace(given, **changes)


_AsrEngine: Any = object  # the type checker takes a ScriptedEngine for any class, and so for an AsrEngine


class ScriptedEngine(_AsrEngine):
    """`answer` ends a request; `cancelled` lists those the adapter gave up."""

    device = Device(DeviceKind.CPU)
    manifest = SimpleNamespace(target="cpu-fp32", source="model", revision="0123456789abcdef", files={})

    def __init__(self, permits: int = 4, refusal: EngineError | None = None) -> None:
        self.config = EngineConfig(slots=permits, lookahead=0)
        self.requests: dict[str, AsrRequest] = {}
        self.cancelled: list[str] = []
        self.snapshot = STATS
        self._permits, self._refusal, self._closed = permits, refusal, False
        self._callbacks: dict[str, Any] = {}
        self._changed = threading.Condition()

    def submit(self, request: AsrRequest, on_done: Any) -> Any:
        with self._changed:
            if self._closed:
                raise EngineClosed("the engine was shut down")
            if self._refusal is not None:
                raise self._refusal
            if len(self._callbacks) >= self._permits:
                raise EngineFull("no place is free")
            self.requests[request.id] = request
            self._callbacks[request.id] = on_done
        return SimpleNamespace(id=request.id, cancel=lambda: self._cancel(request.id))

    def wait_for_permit(self, timeout_s: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: self._closed or len(self._callbacks) < self._permits, timeout_s
            )

    def stats(self) -> EngineStats:
        return self.snapshot

    def close(self) -> None:
        with self._changed:
            self._closed = True
        for request_id in list(self._callbacks):
            self.answer(request_id, EngineClosed("the engine was shut down"))

    def answer(self, request_id: str, outcome: AsrResult | EngineError | None = None) -> None:
        with self._changed:
            on_done = self._callbacks.pop(request_id)
            self._changed.notify_all()
        on_done(result(request_id) if outcome is None else outcome)

    def running(self) -> set[str]:
        return set(self._callbacks)

    def _cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)
        if request_id in self._callbacks:
            self.answer(request_id, RequestCancelled("the caller cancelled the request"))
