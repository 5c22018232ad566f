"""What threads share: the places, the loop's mail, and whether the engine still takes requests.

Everything else that changes belongs to the loop thread.
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
    """The feature thread is done with a request: its windows, none for silence, or its exception."""

    sequence: Sequence
    windows: Future[tuple[Window, ...]]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The caller no longer wants the answer."""

    sequence: Sequence


@dataclass(frozen=True, slots=True)
class CloseDown:
    """The engine is to answer everything pending and end."""


Mail = Arrived | Prepared | Cancelled | CloseDown
Refusal = Callable[[], EngineError]


class Admission:
    """Bounded by its places: a request holds one from acceptance to answer, so mail is bounded too."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._mail: deque[Mail] = deque()
        self._refusal: Refusal | None = None
        lock = threading.RLock()
        self._has_mail = threading.Condition(lock)
        self._has_place = threading.Condition(lock)

    def admit(self, sequence: Sequence, start: Callable[[], None]) -> None:
        """Take a place and tell the loop; raises EngineFull, or the refusal once shut.

        `start` runs under the lock: a shutdown comes wholly before or wholly after it.
        """
        with self._has_mail:
            self.check_open()
            if self._free == 0:
                raise EngineFull("no place is free; wait for one or try again later")
            self._free -= 1
            self._mail.append(Arrived(sequence))
            try:
                start()
            except BaseException:  # no thread to be had: then it was never accepted
                self._mail.pop()
                self._free += 1
                raise
            self._has_mail.notify()

    def check_open(self) -> None:
        """Raise the refusal once shut."""
        if self._refusal is not None:
            raise self._refusal()

    def post(self, mail: Mail) -> None:
        """Leave mail for the loop; dropped once shut, as everything is answered by then."""
        with self._has_mail:
            if self._refusal is None:
                self._mail.append(mail)
                self._has_mail.notify()

    def collect(self, wait_s: float) -> list[Mail]:
        """All mail there is; waits up to `wait_s` for the first."""
        with self._has_mail:
            if not self._mail and wait_s > 0:
                self._has_mail.wait(wait_s)
            mail = list(self._mail)
            self._mail.clear()
            return mail

    @property
    def has_mail(self) -> bool:
        return bool(self._mail)

    def release_place(self) -> None:
        """A request was answered."""
        with self._has_place:
            self._free += 1
            self._has_place.notify_all()

    def wait_for_place(self, timeout_s: float | None) -> bool:
        """False after `timeout_s` without a free place. True once shut, as `admit` then raises at once."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._has_place:
            while self._free == 0 and self._refusal is None:
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return False
                self._has_place.wait(remaining)
            return True

    def shut(self, refusal: Refusal) -> list[Mail]:
        """Refuse everything from here on; the mail that was left."""
        with self._has_mail:
            self._refusal = refusal
            self._has_place.notify_all()
            return self.collect(0)
