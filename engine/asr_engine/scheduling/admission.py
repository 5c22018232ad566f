"""Admission permits, the loop's inbox, and the closing of admission: all that threads share with the loop.

Everything else that changes belongs to the loop thread alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from asr_engine.errors import EngineError, EngineFull
from asr_engine.features import Window
from asr_engine.scheduling.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request was accepted."""

    sequence: Sequence


@dataclass(frozen=True, slots=True)
class Prepared:
    """The feature thread has finished: the windows (none for silence) or its exception."""

    sequence: Sequence
    windows: Future[tuple[Window, ...]]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The caller no longer wants the answer."""

    sequence: Sequence


@dataclass(frozen=True, slots=True)
class CloseDown:
    """The engine must answer everything pending and end."""


Message = Arrived | Prepared | Cancelled | CloseDown
Refusal = Callable[[], EngineError]


class Admission:
    """A request holds one permit from acceptance to answer, so permits bound the inbox as well."""

    def __init__(self, permits: int) -> None:
        self._free_permits = permits
        self._inbox: deque[Message] = deque()
        self._refusal: Refusal | None = None
        lock = threading.RLock()
        self._has_message = threading.Condition(lock)
        self._has_permit = threading.Condition(lock)

    def admit(self, sequence: Sequence, start: Callable[[], None]) -> None:
        """Take a permit and tell the loop; raises EngineFull, or the refusal after `shut`.

        `start` runs under the lock, so that a shutdown comes either wholly before it or wholly after it.
        """
        with self._has_message:
            self.check_open()
            if self._free_permits == 0:
                raise EngineFull("no place is free; wait for one or try again later")
            self._free_permits -= 1
            self._inbox.append(Arrived(sequence))
            try:
                start()
            except BaseException:  # no thread could be started, so the request was never accepted
                self._inbox.pop()
                self._free_permits += 1
                raise
            self._has_message.notify()

    def check_open(self) -> None:
        """Raise the refusal after `shut`."""
        if self._refusal is not None:
            raise self._refusal()

    def post(self, message: Message) -> None:
        """Put a message into the loop's inbox; dropped after `shut`, when everything is answered."""
        with self._has_message:
            if self._refusal is None:
                self._inbox.append(message)
                self._has_message.notify()

    def collect(self, wait_s: float) -> list[Message]:
        """Empty the inbox; wait up to `wait_s` for the first message."""
        with self._has_message:
            if not self._inbox and wait_s > 0:
                self._has_message.wait(wait_s)
            messages = list(self._inbox)
            self._inbox.clear()
            return messages

    def release_permit(self) -> None:
        """Give back the permit of a request that has left the engine."""
        with self._has_permit:
            self._free_permits += 1
            self._has_permit.notify_all()

    def wait_for_permit(self, timeout_s: float | None) -> bool:
        """Block until a permit is free; False when `timeout_s` passed first.

        Returns True after `shut` as well, because `admit` then raises at once.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._has_permit:
            while self._free_permits == 0 and self._refusal is None:
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return False
                self._has_permit.wait(remaining)
            return True

    def shut(self, refusal: Refusal) -> list[Message]:
        """Refuse every later request; returns the messages that were left in the inbox."""
        with self._has_message:
            self._refusal = refusal
            self._has_permit.notify_all()
            return self.collect(0)
