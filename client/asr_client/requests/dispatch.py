"""Sends the segments of one call: several in flight, retries with growing pauses, one failure ends all.

Items are taken from their source only when there is room for them, so what is not yet sent need not be in
memory.

Everything runs in the caller's thread; gRPC's threads only put outcomes into a queue. So a callback of the
user runs in the user's thread, and Ctrl-C reaches the place where it can cancel what is under way.
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
from asr_client.requests.grpc_transport import Call, Failure, Transport
from asr_client.requests.wire import Answer, Query, parse_answer
from asr_client.settings import ClientSettings

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
    """One answer. `latency_s` runs from the first attempt, pauses included.

    `first` is the answer that made a second question necessary; the rest is about that one.
    """

    item: Item
    answer: Answer
    latency_s: float
    attempts: int
    first: Answer | None = None


Doubt = Callable[[Query, Answer], Query | None]


def _never(query: Query, answer: Answer) -> None:
    """No answer is doubted."""


@dataclass(slots=True)
class _Flight:
    item: Item
    query: Query
    started_at: float
    attempts: int = 0
    call: Call | None = None
    first: Answer | None = None


@dataclass(slots=True)
class _State:
    waiting: Iterator[Item]
    doubt: Doubt
    exhausted: bool = False
    flying: dict[int, _Flight] = field(default_factory=dict)
    resting: list[tuple[float, int]] = field(default_factory=list)  # heap of (retry at, index)
    outcomes: SimpleQueue[tuple[int, bytes | Failure]] = field(default_factory=SimpleQueue)


class Dispatch:
    """Runs batches of requests over one transport. Thread-safe: each `run` has a state of its own."""

    def __init__(self, transport: Transport, settings: ClientSettings) -> None:
        self._transport = transport
        self._settings = settings

    def run(self, items: Iterable[Item], doubt: Doubt = _never) -> Generator[Delivery, None, None]:
        """Answers in the order they arrive.

        `doubt` sees each first answer and may return another query, whose answer is delivered with it. The
        first segment that finally fails, or the caller leaving the loop, cancels all others. Raises
        ServiceError or ClientClosed, and what `items` raises.
        """
        state = _State(iter(items), doubt)
        try:
            while True:
                self._launch(state)
                if not state.flying:
                    return
                yield from self._collect(state)
        finally:
            for flight in state.flying.values():
                if flight.call is not None:
                    flight.call.cancel()

    def _launch(self, state: _State) -> None:
        now = time.monotonic()
        while state.resting and state.resting[0][0] <= now:
            self._attempt(state, state.flying[heapq.heappop(state.resting)[1]], now)
        while not state.exhausted and len(state.flying) < self._settings.concurrency:
            item = next(state.waiting, None)
            if item is None:
                state.exhausted = True
                return
            now = time.monotonic()  # reading audio may have taken a while
            flight = _Flight(item, item.query, now)
            state.flying[item.index] = flight
            self._attempt(state, flight, now)

    def _attempt(self, state: _State, flight: _Flight, now: float) -> None:
        remaining_s = self._remaining_s(flight, now)
        index = flight.item.index
        flight.attempts += 1
        flight.call = self._transport.start(
            flight.query,
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
        answer = self._answer(flight, outcome)
        query = state.doubt(flight.query, answer) if flight.first is None else None
        if query is not None:
            self._ask_again(state, flight.item, query, answer)
            return
        del state.flying[index]
        latency_s = time.monotonic() - flight.started_at
        yield Delivery(flight.item, answer, latency_s, flight.attempts, flight.first)

    def _ask_again(self, state: _State, item: Item, query: Query, first: Answer) -> None:
        """The second question has a deadline of its own."""
        flight = _Flight(item, query, time.monotonic(), first=first)
        state.flying[item.index] = flight
        self._attempt(state, flight, flight.started_at)

    def _until_retry_s(self, state: _State) -> float | None:
        return max(0.0, state.resting[0][0] - time.monotonic()) if state.resting else None

    def _answer(self, flight: _Flight, document: bytes) -> Answer:
        try:
            return parse_answer(document)
        except ServerFailed as error:
            raise ServerFailed(f"{flight.item.place}: {error}") from error

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
        return flight.started_at + self._settings.segment_deadline_s - now


def _raise_final(flight: _Flight, failure: Failure, now: float) -> NoReturn:
    kind = _ERROR_KINDS.get(failure.status, ServerFailed)
    effort = f"attempt {flight.attempts}, {now - flight.started_at:.1f} s"
    raise kind(f"{flight.item.place}: {failure.status} ({effort}): {failure.message}", failure.status)
