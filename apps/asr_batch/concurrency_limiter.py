"""Concurrency limiter: how many calls may be in flight at once, found by AIMD as in TCP.

Additive increase: a round of calls without a refusal allows one more. Multiplicative decrease: a refusal by
the server halves the number. In this way several batches share one server without knowing of each other.
Interactive callers do not depend on it: the server takes them before any bulk request.
"""

from __future__ import annotations

import threading

_INITIAL_LIMIT = 4


class ConcurrencyLimiter:
    """A semaphore whose limit moves between 1 and `max_limit`. Thread-safe."""

    def __init__(self, max_limit: int) -> None:
        self.limit = min(_INITIAL_LIMIT, max_limit)
        self._max_limit = max_limit
        self._changed = threading.Condition()
        self._in_flight = 0
        self._successes = 0  # since the limit changed
        self._decreases = 0
        self._closed = False

    def acquire(self) -> int | None:
        """Wait for a permit. Returns the number to release it with; None once the limiter is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._in_flight < self.limit)
            if self._closed:
                return None
            self._in_flight += 1
            return self._decreases

    def release(self, permit: int, was_refused: bool) -> None:
        """Return a permit. A refusal of a call that began before the last decrease changes nothing: it
        reports the overload for which the limit was halved already."""
        with self._changed:
            self._in_flight -= 1
            if not was_refused:
                self._successes += 1
                if self._successes >= self.limit:
                    self._successes = 0
                    self.limit = min(self.limit + 1, self._max_limit)
            elif permit == self._decreases:
                self.limit = max(1, self.limit // 2)
                self._successes = 0
                self._decreases += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Give out no more permits and wake every thread that waits for one."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
