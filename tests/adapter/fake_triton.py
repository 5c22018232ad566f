"""A stand-in for Triton's `triton_python_backend_utils` that enforces what the real one does.

What a test may rely on because the real server insists on it: one final response for a request, nothing after
it; input memory is gone when `execute` has returned; string outputs are object arrays of bytes; counters only
grow; a metric disappears with its family.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

FINAL = 1


class TritonModelException(Exception):
    """What the backend raises for wrong use of its API."""


class ErrorCode(Enum):
    INTERNAL = "internal"
    INVALID_ARG = "invalid argument"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"


@dataclass
class TritonError:
    message: str
    code: ErrorCode

    INTERNAL, INVALID_ARG = ErrorCode.INTERNAL, ErrorCode.INVALID_ARG
    UNAVAILABLE, CANCELLED = ErrorCode.UNAVAILABLE, ErrorCode.CANCELLED

    def __post_init__(self) -> None:
        if not isinstance(self.message, str) or not isinstance(self.code, ErrorCode):
            raise TypeError("incompatible constructor arguments")


class Tensor:
    def __init__(self, name: str, array: np.ndarray[Any, Any]) -> None:
        if array.dtype == np.object_ and not all(isinstance(item, bytes) for item in array.flat):
            raise TritonModelException(f"{name}: a string tensor holds bytes")
        self._name, self._array = name, array

    def name(self) -> str:
        return self._name

    def as_numpy(self) -> np.ndarray[Any, Any]:
        return self._array

    def to_dlpack(self) -> np.ndarray[Any, Any]:
        return self._array

    @staticmethod
    def from_dlpack(name: str, capsule: np.ndarray[Any, Any]) -> Tensor:
        return Tensor(name, capsule)


@dataclass
class InferenceResponse:
    output_tensors: list[Tensor] = field(default_factory=list)
    error: TritonError | None = None


class ResponseSender:
    """Of one request. `answer` is its only response, once there."""

    def __init__(self) -> None:
        self.cancelled = False
        self.refusals = 0  # how many responses it refuses, as when shared memory has run out
        self.num_sent = 0
        self.answer: InferenceResponse | None = None
        self.answered = threading.Event()

    def send(self, response: InferenceResponse, flags: int = 0) -> None:
        self.num_sent += 1
        if self.answered.is_set():
            raise TritonModelException("a response was sent after the final one")
        if flags != FINAL:
            raise TritonModelException("a model that is not decoupled sends one response, and it is final")
        if self.refusals:
            self.refusals -= 1
            raise TritonModelException("out of shared memory")
        self.answer = response
        self.answered.set()

    def is_cancelled(self) -> bool:
        if self.answered.is_set():
            raise TritonModelException("the request has been released")
        return self.cancelled


class Request:
    def __init__(self, request_id: str, audio: np.ndarray[Any, Any] | None, **parameters: object) -> None:
        self.sender = ResponseSender()
        self.outputs = ["TEXT", "LANGUAGE", "RESULT"]
        self._id, self._parameters = request_id, parameters
        self._inputs = [] if audio is None else [Tensor("AUDIO", audio)]

    def request_id(self) -> str:
        return self._id

    def requested_output_names(self) -> list[str]:
        """All of the model's where the caller named none."""
        return self.outputs

    def parameters(self) -> str:
        return json.dumps(self._parameters)

    def inputs(self) -> list[Tensor]:
        return self._inputs

    def get_response_sender(self) -> ResponseSender:
        return self.sender

    def release_inputs(self) -> None:
        """What the server does with the memory after `execute`: others write there."""
        for tensor in self._inputs:
            tensor.as_numpy().fill(-1)

    def wait(self, timeout_s: float = 10.0) -> InferenceResponse:
        assert self.sender.answered.wait(timeout_s), f"{self._id} was never answered"
        assert self.sender.answer is not None
        return self.sender.answer


def request(request_id: str, **parameters: object) -> Request:
    """A good request of three samples."""
    return Request(request_id, np.array([[1, 2, 3]], np.int16), **parameters)


def execute(model: Any, requests: list[Request]) -> None:
    """Call the model as the server does."""
    assert model.execute(requests) is None
    for request in requests:
        request.release_inputs()


class Metric:
    def __init__(self, kind: str, buckets: list[float] | None) -> None:
        if (kind == "histogram") != bool(buckets):
            raise TritonModelException("buckets are for histograms")
        self.kind, self.value, self.observed = kind, 0.0, list[float]()
        self.updates = 0

    def increment(self, by: float) -> None:
        if self.kind == "histogram" or (self.kind == "counter" and by < 0):
            raise TritonModelException(f"a {self.kind} cannot grow by {by}")
        self.value += by
        self.updates += 1

    def set(self, value: float) -> None:
        if self.kind != "gauge":
            raise TritonModelException(f"a {self.kind} cannot be set")
        self.value = value
        self.updates += 1

    def observe(self, value: float) -> None:
        if self.kind != "histogram":
            raise TritonModelException(f"a {self.kind} does not observe")
        self.observed.append(value)


class PbUtils:
    """One server's module, with its own metrics page."""

    TritonError, TritonModelException = TritonError, TritonModelException
    Tensor: type[Any] = Tensor  # another class stands here in one test
    InferenceResponse = InferenceResponse
    TRITONSERVER_RESPONSE_COMPLETE_FINAL = FINAL

    def __init__(self, metrics_allowed: bool = True) -> None:
        self.page: dict[tuple[str, str], Metric] = {}  # by name and value of the label "outcome"
        self.metrics_allowed = metrics_allowed
        self.MetricFamily = self._family_class()

    @staticmethod
    def get_input_tensor_by_name(request: Request, name: str) -> Any:
        return next((tensor for tensor in request.inputs() if tensor.name() == name), None)

    def _family_class(self) -> type:
        server = self

        class MetricFamily:
            COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

            def __init__(self, name: str, description: str, kind: str) -> None:
                if not server.metrics_allowed:
                    raise TritonModelException("metrics are disabled")
                if not description:
                    raise TritonModelException("a family needs a description")
                self._name, self._kind = name, kind

            def Metric(  # noqa: N802 - the real API's name
                self, labels: dict[str, str], buckets: list[float] | None = None
            ) -> Metric:
                metric = Metric(self._kind, buckets)
                server.page[self._name, labels.get("outcome", "")] = metric
                return metric

            def __del__(self) -> None:
                for key in [key for key in server.page if key[0] == self._name]:
                    del server.page[key]

        return MetricFamily


def wait_until(holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait for another thread's visible effect."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.005)):
        if holds():
            return
        pause.wait(0.005)
    raise AssertionError("never happened")
