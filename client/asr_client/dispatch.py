"""Sends the segments of one call: several in flight, retries with growing pauses, one failure ends all.

Everything runs in the caller's thread; gRPC's threads only put outcomes into a queue. So a callback of the
user runs in the user's thread, and Ctrl-C reaches the place where it can cancel what is under way.
"""

from __future__ import annotations

import heapq
import logging
import random
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
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
from asr_client.settings import ClientSettings
from asr_client.transport import Call, Failure, Transport
from asr_client.wire import Answer, Query, parse_answer

logger = logging.getLogger(__name__)

_REJECTIONS = (
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "UNIMPLEMENTED",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
)
_ERROR_KINDS: dict[str, type[ServiceError]] = {
    "UNAVAILABLE": ServerUnavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    **dict.fromkeys(_REJECTIONS, RequestRejected),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One request and how an error message should call it."""

    index: int
    query: Query
    place: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One answer. `latency_s` runs from the first attempt, pauses included."""

    item: Item
    answer: Answer
    latency_s: float
    attempts: int


@dataclass(slots=True)
class _Flight:
    item: Item
    started_at: float
    attempts: int = 0
    call: Call | None = None


@dataclass(slots=True)
class _State:
    waiting: deque[Item]
    flying: dict[int, _Flight] = field(default_factory=dict)
    resting: list[tuple[float, int]] = field(default_factory=list)  # heap of (retry at, index)
    outcomes: SimpleQueue[tuple[int, bytes | Failure]] = field(default_factory=SimpleQueue)


class Dispatch:
    """Runs batches of requests over one transport. Thread-safe: each `run` has a state of its own."""

    def __init__(self, transport: Transport, settings: ClientSettings) -> None:
        self._transport = transport
        self._settings = settings

    def run(self, items: Sequence[Item]) -> Generator[Delivery, None, None]:
        """Answers in the order they arrive.

        The first segment that finally fails, or the caller leaving the loop, cancels all others. Raises
        ServiceError or ClientClosed.
        """
        state = _State(deque(items))
        try:
            while state.waiting or state.flying:
                self._launch(state)
                yield from self._collect(state)
        finally:
            for flight in state.flying.values():
                if flight.call is not None:
                    flight.call.cancel()

    def _launch(self, state: _State) -> None:
        now = time.monotonic()
        while state.resting and state.resting[0][0] <= now:
            self._attempt(state, state.flying[heapq.heappop(state.resting)[1]], now)
        while state.waiting and len(state.flying) < self._settings.concurrency:
            flight = _Flight(state.waiting.popleft(), now)
            state.flying[flight.item.index] = flight
            self._attempt(state, flight, now)

    def _attempt(self, state: _State, flight: _Flight, now: float) -> None:
        remaining_s = self._remaining_s(flight, now)
        index = flight.item.index
        flight.attempts += 1
        flight.call = self._transport.start(
            flight.item.query,
            min(remaining_s, self._settings.attempt_deadline_s),
            lambda outcome: state.outcomes.put((index, outcome)),
        )

    def _collect(self, state: _State) -> Iterator[Delivery]:
        """Wait for one outcome, or for the next retry to be due."""
        try:
            index, outcome = state.outcomes.get(timeout=self._until_retry_s(state))
        except Empty:
            return
        flight = state.flying[index]
        flight.call = None
        if isinstance(outcome, Failure):
            self._retry_or_raise(state, flight, outcome)
            return
        del state.flying[index]
        yield self._delivery(flight, outcome)

    def _until_retry_s(self, state: _State) -> float | None:
        return max(0.0, state.resting[0][0] - time.monotonic()) if state.resting else None

    def _delivery(self, flight: _Flight, document: bytes) -> Delivery:
        try:
            answer = parse_answer(document)
        except ServerFailed as error:
            raise ServerFailed(f"{flight.item.place}: {error}") from error
        return Delivery(flight.item, answer, time.monotonic() - flight.started_at, flight.attempts)

    def _retry_or_raise(self, state: _State, flight: _Flight, failure: Failure) -> None:
        if self._transport.closed:
            raise ClientClosed("the client was closed during the call")
        now = time.monotonic()
        pause_s = self._settings.pause_s(flight.attempts, random.random())
        may_help = failure.is_transient or failure.status == "DEADLINE_EXCEEDED"
        in_time = self._remaining_s(flight, now) > pause_s
        if not may_help or flight.attempts > self._settings.retries or not in_time:
            _raise_final(flight, failure, now)
        reason = f"{failure.status}: {failure.message}"
        logger.info("%s: attempt %d: %s", flight.item.place, flight.attempts, reason)
        heapq.heappush(state.resting, (now + pause_s, flight.item.index))

    def _remaining_s(self, flight: _Flight, now: float) -> float:
        return flight.started_at + self._settings.deadline_s - now


def _raise_final(flight: _Flight, failure: Failure, now: float) -> NoReturn:
    kind = _ERROR_KINDS.get(failure.status, ServerFailed)
    effort = f"attempt {flight.attempts}, {now - flight.started_at:.1f} s"
    raise kind(f"{flight.item.place}: {failure.status} ({effort}): {failure.message}", failure.status)
