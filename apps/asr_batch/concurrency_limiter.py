"""How many calls may be under way at once: one more after each round that went well, half when refused.

Additive increase, multiplicative decrease, as in TCP: several batches at one server share it without knowing
of each other, and interactive callers keep their place in any case, because bulk requests wait behind them.
"""

from __future__ import annotations

import threading

_FIRST = 4


class Pace:
    """A gate with a moving width. Thread-safe."""

    def __init__(self, most: int) -> None:
        self.limit = min(_FIRST, most)
        self._most = most
        self._changed = threading.Condition()
        self._inside = 0
        self._credit = 0
        self._era = 0  # counts the decreases
        self._closed = False

    def enter(self) -> int | None:
        """Wait for a place. Returns the era to leave with; None once the gate is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._inside < self.limit)
            if self._closed:
                return None
            self._inside += 1
            return self._era

    def leave(self, era: int, was_refused: bool) -> None:
        """Give the place back. Calls of an earlier era met the same crowd: they count once."""
        with self._changed:
            self._inside -= 1
            if not was_refused:
                self._credit += 1
                if self._credit >= self.limit:
                    self._credit = 0
                    self.limit = min(self.limit + 1, self._most)
            elif era == self._era:
                self.limit = max(1, self.limit // 2)
                self._credit = 0
                self._era += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
