"""Waker of Triton's batcher, which may otherwise leave a request in its queue for half a second.

Once a model has priorities, time-outs or a queue limit, the batcher hands out a request only while the
model's thread waits for one. It checks when a request arrives, but nothing tells it that the thread has
returned from `execute`. A request that arrived during `execute` therefore stays in the queue until another
one arrives or 500 ms have passed, and a backlog drains at two requests a second. (Triton 2.51 and at least up
to 25.x; fixed on the main branch of triton-inference-server/core.)

So after each `execute` this thread sends a request of the highest priority whose time-out has passed already.
It never reaches the model: the batcher wakes up, rejects it as expired, and hands out the waiting requests.
Triton's own metrics count each as REJECTED; a counter of the engine's tells how many of these are wake-ups.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable

from asr_engine.triton.request import AUDIO

SETTLE_S = 0.001  # from the return of `execute` until Triton's thread waits again
ANSWER_S = 0.05  # a call that is not rejected by then came too early and was queued
ATTEMPTS = 3
HIGHEST_PRIORITY = 1

_HEADERS = {"Content-Type": "application/json", "Connection": "close"}
_EXPIRED = json.dumps(
    {
        "id": "wakeup",
        "parameters": {"priority": HIGHEST_PRIORITY, "timeout": 1},  # microseconds
        "inputs": [{"name": AUDIO, "datatype": "INT16", "shape": [1, 1], "data": [0]}],
    }
)


class Waker:
    """Told when `execute` is entered and left. Without an address it does nothing."""

    def __init__(
        self, address: str | None, model_name: str = "", sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._sleep = sleep
        self._address = address
        self._path = f"/v2/models/{model_name}/infer"
        self._num_entered = self._num_left = 0
        self._due = threading.Event()
        self._closed = False
        self.num_calls = 0
        self._thread = threading.Thread(target=self._run, name="asr-waker", daemon=True)
        if address is not None:
            self._thread.start()

    def enter(self) -> None:
        """`execute` begins: the batcher is awake."""
        self._num_entered += 1

    def leave(self) -> None:
        """`execute` is about to return."""
        self._num_left += 1
        self._due.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._due.set()
        if self._address is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._due.wait() and not self._closed:
            self._due.clear()
            for _ in range(ATTEMPTS):
                self._sleep(SETTLE_S)
                is_running = self._num_entered != self._num_left  # leaving it will make a call due again
                if is_running or self._call():
                    break

    def _call(self) -> bool:
        """True when the batcher has rejected the call, which means that it has checked its queue."""
        assert self._address is not None
        self.num_calls += 1
        # Each call has a connection of its own, because Triton does not end while one is open.
        connection = http.client.HTTPConnection(self._address, timeout=ANSWER_S)
        try:
            connection.request("POST", self._path, _EXPIRED, _HEADERS)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True
