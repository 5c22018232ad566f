"""Ends this process when the Triton server that started it is gone.

Triton's Python process means to do so itself, but hangs for ever when the server died in the middle of a
message between the two, a metric update for instance. Where the message was sent with Python's lock held, no
thread of Python's comes to its turn again; the watchdog of `faulthandler` needs no lock.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time

CHECK_S = 0.5
GRACE_S = 2.0  # Triton's own way out also removes the shared memory: let it try first
STUCK_S = 600.0  # nothing holds Python's lock that long, not even the load of a large model from a slow disk


def die_with_parent(stuck_s: float = STUCK_S) -> None:
    """Watch the parent from a daemon thread, and that thread from the watchdog."""
    watch = threading.Thread(target=_watch, args=(os.getppid(), stuck_s), name="asr-lifeline", daemon=True)
    watch.start()


def _watch(parent: int, stuck_s: float) -> None:
    with os.fdopen(os.dup(2), "wb") as log:  # sys.stderr may be replaced
        while os.getppid() == parent:
            faulthandler.dump_traceback_later(stuck_s, exit=True, file=log)
            time.sleep(CHECK_S)
    time.sleep(GRACE_S)
    os._exit(1)
