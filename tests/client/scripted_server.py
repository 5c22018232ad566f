"""A real gRPC server on loopback that speaks the model's wire contract and answers by script.

For races and failures that a real server cannot be made to show on demand. It enforces the contract: input
name, type and shape, the 30 s limit, reserved priority levels.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc


@dataclass(frozen=True)
class Received:
    """One request as the server saw it."""

    count: int  # earlier requests to this server
    id: str
    pcm: NDArray[np.int16]
    parameters: dict[str, Any]
    time_left_s: float
    headers: dict[str, str]


@dataclass(frozen=True)
class Refuse:
    """Answer with an error status."""

    status: grpc.StatusCode
    message: str


class Hang:
    """Do not answer until the client goes away or the server stops."""


@dataclass(frozen=True)
class Reply:
    """Answer with this RESULT, fields of the contract filled in.

    `raw` replaces the document, `tensor` the whole content of the output, its length included.
    """

    text: str = "你好"
    language: str = "Chinese"
    finish_reason: str = "stop"
    mean_logprob: float | None = -0.1
    raw: bytes | None = None
    tensor: bytes | None = None

    def content(self, request: Received) -> bytes:
        if self.tensor is not None:
            return self.tensor
        document = self.document(request)
        return len(document).to_bytes(4, "little") + document

    def document(self, request: Received) -> bytes:
        if self.raw is not None:
            return self.raw
        return json.dumps(
            {
                "id": request.id,
                "text": self.text,
                "language": self.language,
                "finish_reason": self.finish_reason,
                "num_tokens": 7,
                "mean_logprob": self.mean_logprob,
                "token_logprobs": [-0.1] * 7,
                "audio_s": len(request.pcm) / 16000,
                "timings": {"queue_s": 0.001, "decode_s": 0.02, "first_token_s": None},
                "model": {"name": "scripted", "revision": "r1"},
            },
            ensure_ascii=False,
        ).encode()


Step = Reply | Refuse | Hang
Script = Callable[[Received], Step]


@dataclass
class ScriptedServer(service_pb2_grpc.GRPCInferenceServiceServicer):
    """`script(request)` decides what happens to each request. A context manager."""

    script: Script = lambda _: Reply()
    port: int = 0
    received: list[Received] = field(default_factory=list)
    cancelled: int = 0
    most_in_flight: int = 0

    def __enter__(self) -> ScriptedServer:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._in_flight = 0
        self._pool = futures.ThreadPoolExecutor(max_workers=32)
        self._server = grpc.server(self._pool, options=[("grpc.so_reuseport", 0)])
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Drop all connections at once, as a killed process does."""
        self._stopping.set()
        self._server.stop(grace=None).wait()
        self._pool.shutdown()

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Block until `condition` holds; it is looked at whenever a request arrives, ends or is cancelled."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout_s), "the server never saw it"

    def ServerLive(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return service_pb2.ServerLiveResponse(live=True)

    def ModelInfer(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        with self._changed:
            received = _read(len(self.received), request, context)
            self.received.append(received)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            self._changed.notify_all()
        try:
            return self._play(self.script(received), received, context)
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _play(self, step: Step, received: Received, context: grpc.ServicerContext) -> Any:
        if isinstance(step, Refuse):
            context.abort(step.status, step.message)
        if isinstance(step, Hang):
            self._hang(context)
        assert isinstance(step, Reply)
        return _response(received.id, step.content(received))

    def _hang(self, context: grpc.ServicerContext) -> None:
        over = threading.Event()
        if context.add_callback(over.set):  # else it is over already
            over.wait()
        with self._changed:
            self.cancelled += 1
            self._changed.notify_all()
        context.abort(grpc.StatusCode.CANCELLED, "the client went away")


def _read(count: int, request: Any, context: grpc.ServicerContext) -> Received:
    (tensor,) = request.inputs
    expected = ("AUDIO", "INT16", "qwen3_asr")
    if (tensor.name, tensor.datatype, request.model_name) != expected or tensor.shape[0] != 1:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"unexpected input {tensor}")
    pcm = np.frombuffer(request.raw_input_contents[0], np.int16)
    parameters = {
        name: getattr(value, value.WhichOneof("parameter_choice"))
        for name, value in request.parameters.items()
    }
    if (
        len(pcm) != tensor.shape[1]
        or not 0 < len(pcm) <= 30 * 16000
        or parameters.get("priority") not in (2, 3)
    ):
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"[{request.id}] outside the contract")
    headers = {str(name): str(value) for name, value in context.invocation_metadata()}
    return Received(count, request.id, pcm, parameters, context.time_remaining(), headers)


def _response(request_id: str, content: bytes) -> Any:
    response = service_pb2.ModelInferResponse(model_name="qwen3_asr", id=request_id)
    output = response.outputs.add()
    output.name, output.datatype = "RESULT", "BYTES"
    output.shape.extend([1, 1])
    response.raw_output_contents.append(content)
    return response


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def starter() -> Iterator[Callable[..., ScriptedServer]]:
    """For a fixture: starts scripted servers, which end with the test."""
    running: list[ScriptedServer] = []

    def start(script: Script | None = None, port: int = 0) -> ScriptedServer:
        server = ScriptedServer(script, port) if script else ScriptedServer(port=port)
        running.append(server.__enter__())
        return server

    yield start
    for server in running:
        server.stop()
