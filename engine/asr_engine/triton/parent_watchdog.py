"""Parent watchdog: ends this process when the Triton server that started it is gone.

Triton's Python process should end by itself, but it hangs for ever when the server dies in the middle of a
message between the two: a metric update, a response, the end of `execute`. If the thread that waits there
holds Python's global interpreter lock, no Python thread ever runs again, this module's thread included. The
watchdog of `faulthandler` is a C thread that needs no lock, so it can still end the process.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time

CHECK_S = 0.5
GRACE_S = 2.0  # time for Triton's own way out, which also removes the shared memory
LOADING_STUCK_S = 600.0  # loading a large model from a slow disk may hold the lock for long
SERVING_STUCK_S = 10.0  # serving never does


class ParentWatchdog:
    """A daemon thread watches the parent, and `faulthandler` watches that thread.

    The process also ends when the thread could not run for `stuck_s`, which may be changed at any time.
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
