"""Retry budget: how long a batch waits for a server that does not answer.

A recording does not count as failed for that: the server is to blame, not the recording.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from asr_batch.errors import ServerGone
from asr_client.errors import ServiceError

logger = logging.getLogger(__name__)

_PAUSE_S = 1.0


class RetryBudget:
    """How long a batch may go on without a success; each success of any thread refills it. Thread-safe."""

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._last_success = clock()
        self._cancelled = threading.Event()
        self._is_waiting = False

    def refill(self) -> None:
        """A call succeeded."""
        self._last_success = self._clock()
        self._is_waiting = False

    def pause(self, error: ServiceError) -> bool:
        """Wait before the next attempt; False once cancelled. Raises ServerGone when the budget is spent."""
        silent_s = self._clock() - self._last_success
        if silent_s > self._limit_s:
            raise ServerGone(f"nothing succeeded for {silent_s:.0f} s: {error}") from error
        if not self._is_waiting:
            self._is_waiting = True
            logger.warning("waiting for the server, for up to %.0f s: %s", self._limit_s, error)
        return not self._cancelled.wait(_PAUSE_S)

    def cancel(self) -> None:
        """Wake every thread that pauses; nobody pauses from now on."""
        self._cancelled.set()
