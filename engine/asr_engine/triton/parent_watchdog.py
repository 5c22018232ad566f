"""Ends this process when the Triton server that started it is gone.

Triton's Python process means to do so itself, but hangs for ever when the server died in the middle of a
message between the two: a metric update, an answer, the end of `execute`. Where the message was sent with
Python's lock held, no thread of Python's comes to its turn again; the watchdog of `faulthandler` needs no
lock.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time

CHECK_S = 0.5
GRACE_S = 2.0  # Triton's own way out also removes the shared memory: let it try first
LOADING_STUCK_S = 600.0  # loading a large model from a slow disk may hold Python's lock for long
SERVING_STUCK_S = 10.0  # serving never does


class ParentWatchdog:
    """Watches the parent from a daemon thread, and that thread from the watchdog.

    `stuck_s` is how long the thread may be kept from running; it may be changed at any time.
    """

    def __init__(self, stuck_s: float = LOADING_STUCK_S) -> None:
        self.stuck_s = stuck_s
        self._parent = os.getppid()
        threading.Thread(target=self._watch, name="asr-parent-watchdog", daemon=True).start()

    def _watch(self) -> None:
        with os.fdopen(os.dup(2), "wb") as log:  # sys.stderr may be replaced
            while os.getppid() == self._parent:
                faulthandler.dump_traceback_later(self.stuck_s, exit=True, file=log)
                time.sleep(CHECK_S)
        time.sleep(GRACE_S)
        os._exit(1)
