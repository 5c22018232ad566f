"""Waiting for a server that is away: recordings are not to blame, so none is counted as failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from asr_batch.errors import ServerGone
from asr_client.errors import ServiceError

logger = logging.getLogger(__name__)

_PAUSE_S = 1.0


class Patience:
    """Ends when nothing succeeded for `limit_s`. Thread-safe."""

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._last_success = clock()
        self._ended = threading.Event()
        self._is_waiting = False

    def renew(self) -> None:
        """Something succeeded."""
        self._last_success = self._clock()
        self._is_waiting = False

    def wait(self, error: ServiceError) -> bool:
        """Pause before the next attempt; False once `end` was called. Raises ServerGone."""
        silent_s = self._clock() - self._last_success
        if silent_s > self._limit_s:
            raise ServerGone(f"nothing succeeded for {silent_s:.0f} s: {error}") from error
        if not self._is_waiting:
            self._is_waiting = True
            logger.warning("waiting for the server, for up to %.0f s: %s", self._limit_s, error)
        return not self._ended.wait(_PAUSE_S)

    def end(self) -> None:
        """Wake everybody who waits."""
        self._ended.set()
