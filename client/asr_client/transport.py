"""Transport: what carries single requests to the model and brings the answers back.

`AsrClient` uses gRPC to a Triton server unless it is given another transport. Code that calls `AsrClient` can
so be tested without a server: docs/CLIENT.md shows a transport of a few lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from asr_client.requests.wire import Query as Query

_BEING_REPLACED = ("Stub process", "the engine failed")


class GrpcStatus(StrEnum):
    """Names of gRPC's statuses other than OK."""

    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed. A transport may report a `status` that gRPC does not know."""

    status: GrpcStatus | str
    message: str

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed a little later.

        `UNAVAILABLE` is transient, except for a request that Triton dropped from its queue: it has waited as
        long as its sender allowed. `CANCELLED` comes from a server, or a proxy before it, that shuts down and
        ends what is in flight; nobody waits for the calls that this client cancels itself. `INTERNAL` is
        transient in two cases: "Stub process … is not healthy" while Triton replaces a dead Python process,
        and "the engine failed", which an engine that breaks sends to all its callers before it is replaced.
        """
        if self.status == GrpcStatus.UNAVAILABLE:
            return "timeout expired" not in self.message
        if self.status == GrpcStatus.CANCELLED:
            return True
        return self.status == GrpcStatus.INTERNAL and any(words in self.message for words in _BEING_REPLACED)


OnDone = Callable[[bytes | Failure], None]


class PendingRequest(Protocol):
    """A request that was sent."""

    def cancel(self) -> None:
        """Give up the answer. Without effect once the request is over."""


class Transport(Protocol):
    """Carries requests to one server. Used by several threads at once."""

    def start(self, query: Query, timeout_s: float, on_done: OnDone) -> PendingRequest:
        """Send one request. `on_done` is called once, from any thread, also before `start` returns.

        It takes the RESULT document of docs/PROTOCOL.md (JSON with at least `text`, `finish_reason` and
        `num_tokens`) or a `Failure`, of status `DEADLINE_EXCEEDED` after `timeout_s`. Raises ClientClosed
        after `close`.
        """

    def check_reachable(self, timeout_s: float) -> None:
        """Raise ServerUnavailable unless a server answers; says nothing about its model."""

    def close(self) -> None:
        """End what is in flight with a Failure and give the connection back."""
