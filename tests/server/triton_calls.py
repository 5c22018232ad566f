"""Plain tritonclient calls as a caller makes them, many at a time, with what came of each."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tritonclient.grpc as grpc
from numpy.typing import NDArray

MODEL = "qwen3_asr"
DEADLINE_S = 60.0

PROBE, INTERACTIVE, BULK = 1, 2, 3


@dataclass
class Call:
    """One call: its answers are counted, as there must be exactly one."""

    name: str
    started_s: float
    texts: list[str] = field(default_factory=list)
    errors: list[grpc.InferenceServerException] = field(default_factory=list)
    took_s: float = 0.0
    context: Any = None  # cancels
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def num_answers(self) -> int:
        return len(self.texts) + len(self.errors)

    @property
    def status(self) -> str:
        """OK or the name of the gRPC status."""
        return str(self.errors[0].status()).removeprefix("StatusCode.") if self.errors else "OK"

    @property
    def message(self) -> str:
        return str(self.errors[0].message()) if self.errors else ""

    def finish(self, result: Any, error: Any) -> None:
        self.took_s = time.monotonic() - self.started_s
        if error is None:
            self.texts.append(text_of(result))
        else:
            self.errors.append(error)
        self.ended.set()


class Caller:
    """One gRPC channel; use it from one thread."""

    def __init__(self, address: str) -> None:
        self.client = grpc.InferenceServerClient(address)

    def send(
        self,
        name: str,
        pcm: NDArray[np.int16],
        priority: int = 0,
        timeout_us: int | None = None,
        deadline_s: float = DEADLINE_S,
        **parameters: str | int,
    ) -> Call:
        """Start a call; 0 leaves the priority to the server."""
        call = Call(name, time.monotonic())
        call.context = self.client.async_infer(
            MODEL,
            [audio_input(pcm)],
            callback=call.finish,
            request_id=name,
            priority=priority,
            timeout=timeout_us,
            client_timeout=deadline_s,
            parameters=parameters,
        )
        return call

    def ask(self, name: str, pcm: NDArray[np.int16], **options: Any) -> Call:
        """Make a call and wait for its answer."""
        (call,) = wait_for([self.send(name, pcm, **options)])
        return call

    def close(self) -> None:
        self.client.close()


def wait_for(calls: list[Call]) -> list[Call]:
    """All calls, ended. A second answer to any of them would still be counted afterwards."""
    for call in calls:
        assert call.ended.wait(DEADLINE_S + 5), f"{call.name} was never answered"
    return calls


def audio_input(pcm: NDArray[np.int16]) -> grpc.InferInput:
    """[samples] as the AUDIO input [1, samples]."""
    return grpc.InferInput("AUDIO", [1, len(pcm)], "INT16").set_data_from_numpy(pcm[np.newaxis])


def text_of(result: grpc.InferResult) -> str:
    return str(result.as_numpy("TEXT").item().decode())
