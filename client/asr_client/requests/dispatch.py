"""Dispatch of a call's requests: several in flight, retries after growing pauses, a final failure ends all.

Requests are taken from their source only when another one may be in flight, so the audio of those that wait
need not be in memory.

Everything runs in the caller's thread; the transport's threads only put outcomes into a queue. So the user's
callback runs in the user's thread, and a KeyboardInterrupt is raised where the requests in flight can be
cancelled.
"""

from __future__ import annotations

import heapq
import logging
import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import NoReturn

from asr_client.errors import (
    ClientClosed,
    DeadlineExceeded,
    RequestRejected,
    ServerFailed,
    ServerUnavailable,
    ServiceError,
)
from asr_client.requests.wire import Answer, Query, parse_answer
from asr_client.settings import ClientSettings
from asr_client.transport import Failure, GrpcStatus, PendingRequest, Transport

logger = logging.getLogger(__name__)

_REJECTIONS = (
    GrpcStatus.INVALID_ARGUMENT,
    GrpcStatus.NOT_FOUND,
    GrpcStatus.UNIMPLEMENTED,
    GrpcStatus.UNAUTHENTICATED,
    GrpcStatus.PERMISSION_DENIED,
    GrpcStatus.RESOURCE_EXHAUSTED,
)
_ERROR_KINDS: dict[GrpcStatus | str, type[ServiceError]] = {
    GrpcStatus.UNAVAILABLE: ServerUnavailable,
    GrpcStatus.DEADLINE_EXCEEDED: DeadlineExceeded,
    **dict.fromkeys(_REJECTIONS, RequestRejected),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a call. `label` names it in error messages."""

    index: int
    query: Query
    label: str


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one request. `latency_s` runs from the first attempt, pauses included.

    Where a second query was sent, `answer`, `latency_s` and `attempts` are those of the second one, and
    `first` is the answer to the first.
    """

    request: Request
    answer: Answer
    latency_s: float
    attempts: int
    first: Answer | None = None


SecondQuery = Callable[[Query, Answer], Query | None]


def _no_second_query(query: Query, answer: Answer) -> None:
    """None, so that every first answer is taken."""


@dataclass(slots=True)
class _InFlight:
    """A request that is not answered yet: sent, or waiting for its next attempt."""

    request: Request
    query: Query
    started_at: float
    attempts: int = 0
    pending: PendingRequest | None = None
    first: Answer | None = None


@dataclass(slots=True)
class _State:
    source: Iterator[Request]
    second_query: SecondQuery
    exhausted: bool = False
    in_flight: dict[int, _InFlight] = field(default_factory=dict)
    pending_retries: list[tuple[float, int]] = field(default_factory=list)  # heap of (retry at, index)
    outcomes: SimpleQueue[tuple[int, bytes | Failure]] = field(default_factory=SimpleQueue)


class Dispatch:
    """Sends requests over one transport. Thread-safe: each `run` has a state of its own."""

    def __init__(self, transport: Transport, settings: ClientSettings) -> None:
        self._transport = transport
        self._settings = settings
        self._closed = False

    def run(
        self, requests: Iterable[Request], second_query: SecondQuery = _no_second_query
    ) -> Generator[Response, None, None]:
        """Responses in the order they arrive.

        `second_query` sees each first answer and may return another query; the response then comes with both
        answers. All other requests are cancelled when one finally fails, or when the caller closes the
        generator. Raises ServiceError or ClientClosed, and what `requests` raises.
        """
        state = _State(iter(requests), second_query)
        try:
            while True:
                self._send_due(state)
                if not state.in_flight:
                    return
                yield from self._receive(state)
        finally:
            for entry in state.in_flight.values():
                if entry.pending is not None:
                    entry.pending.cancel()

    def close(self) -> None:
        """End all runs, also those in other threads, with ClientClosed; close the transport."""
        self._closed = True
        self._transport.close()

    def _send_due(self, state: _State) -> None:
        """Send the retries whose pause is over, then new requests while `concurrency` allows."""
        now = time.monotonic()
        while state.pending_retries and state.pending_retries[0][0] <= now:
            self._attempt(state, state.in_flight[heapq.heappop(state.pending_retries)[1]], now)
        while not state.exhausted and len(state.in_flight) < self._settings.concurrency:
            request = next(state.source, None)
            if request is None:
                state.exhausted = True
                return
            self._begin(state, request, request.query)

    def _begin(self, state: _State, request: Request, query: Query, first: Answer | None = None) -> None:
        """The deadline counts from here, and for a second query anew."""
        entry = _InFlight(request, query, time.monotonic(), first=first)
        state.in_flight[request.index] = entry
        self._attempt(state, entry, entry.started_at)

    def _attempt(self, state: _State, entry: _InFlight, now: float) -> None:
        if self._closed:
            raise ClientClosed("the client is closed")
        remaining_s = self._remaining_s(entry, now)
        index = entry.request.index
        entry.attempts += 1
        entry.pending = self._transport.start(
            entry.query,
            min(remaining_s, self._settings.attempt_deadline_s),
            lambda outcome: state.outcomes.put((index, outcome)),
        )

    def _receive(self, state: _State) -> Iterator[Response]:
        """Wait for one outcome, or until the next retry is due."""
        try:
            index, outcome = state.outcomes.get(timeout=self._until_retry_s(state))
        except Empty:
            return
        entry = state.in_flight[index]
        entry.pending = None
        if isinstance(outcome, Failure):
            self._retry_or_raise(state, entry, outcome)
            return
        answer = _parsed(entry.request, outcome)
        query = state.second_query(entry.query, answer) if entry.first is None else None
        if query is not None:
            self._begin(state, entry.request, query, answer)
            return
        del state.in_flight[index]
        latency_s = time.monotonic() - entry.started_at
        yield Response(entry.request, answer, latency_s, entry.attempts, entry.first)

    def _until_retry_s(self, state: _State) -> float | None:
        return max(0.0, state.pending_retries[0][0] - time.monotonic()) if state.pending_retries else None

    def _retry_or_raise(self, state: _State, entry: _InFlight, failure: Failure) -> None:
        if self._closed:
            raise ClientClosed("the client was closed during the call")
        now = time.monotonic()
        pause_s = self._settings.pause_s(entry.attempts, random.random())
        may_help = failure.is_transient or failure.status == GrpcStatus.DEADLINE_EXCEEDED
        in_time = self._remaining_s(entry, now) > pause_s
        if not may_help or entry.attempts > self._settings.retries or not in_time:
            _raise_final(entry, failure, now)
        reason = f"{failure.status}: {failure.message}"
        logger.info("%s: attempt %d: %s", entry.request.label, entry.attempts, reason)
        heapq.heappush(state.pending_retries, (now + pause_s, entry.request.index))

    def _remaining_s(self, entry: _InFlight, now: float) -> float:
        return entry.started_at + self._settings.segment_deadline_s - now


def _parsed(request: Request, document: bytes) -> Answer:
    try:
        return parse_answer(document)
    except ServerFailed as error:
        raise ServerFailed(f"{request.label}: {error}") from error


def _raise_final(entry: _InFlight, failure: Failure, now: float) -> NoReturn:
    kind = _ERROR_KINDS.get(failure.status, ServerFailed)
    effort = f"attempt {entry.attempts}, {now - entry.started_at:.1f} s"
    raise kind(f"{entry.request.label}: {failure.status} ({effort}): {failure.message}", failure.status)
