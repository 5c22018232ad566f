"""Wakes Triton's batcher, which may otherwise leave a request in its queue for half a second.

As soon as a model has priorities, time-outs or a queue limit, the batcher hands out a request only while the
model's thread waits for one. It looks when a request arrives, but nothing tells it that the thread has come
back from `execute`, and so it sleeps through: what arrived during `execute` lies there until something else
arrives or 500 ms are over. A backlog drains at two requests a second. (Triton 2.51 and at least up to 25.x;
triton-inference-server/core has the repair on its main branch.)

So after each `execute` this thread lets something arrive: a request of the highest priority whose time is up
already. It reaches nobody: the batcher wakes, throws it out as expired, and hands out what waits. Each one
counts as REJECTED in Triton's own metrics, hence `asr_queue_wakeups_total` to tell them apart.
"""

from __future__ import annotations

import http.client
import json
import threading
import time

SETTLE_S = 0.001  # from the return of `execute` until Triton's thread waits again
ANSWER_S = 0.05  # a call that is not thrown out by then came too early, and woke nobody
ATTEMPTS = 3

_HEADERS = {"Content-Type": "application/json", "Connection": "close"}
_EXPIRED = json.dumps(
    {
        "id": "wakeup",
        "parameters": {"priority": 1, "timeout": 1},  # microseconds
        "inputs": [{"name": "AUDIO", "datatype": "INT16", "shape": [1, 1], "data": [0]}],
    }
)


class Waker:
    """Told when `execute` is entered and left. Without an address it does nothing."""

    def __init__(self, address: str | None, model_name: str = "") -> None:
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
                time.sleep(SETTLE_S)
                is_running = self._num_entered != self._num_left  # its end will make a call due again
                if is_running or self._call():
                    break

    def _call(self) -> bool:
        """True once the batcher has thrown the call out, and so has looked at its queue."""
        assert self._address is not None
        self.num_calls += 1
        # A connection of its own for each call: Triton does not end while one is open.
        connection = http.client.HTTPConnection(self._address, timeout=ANSWER_S)
        try:
            connection.request("POST", self._path, _EXPIRED, _HEADERS)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True
