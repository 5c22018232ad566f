"""Ends this process when the Triton server that started it is gone.

Triton's Python process means to do so itself, but hangs for ever when the server died in the middle of a
message between the two, a metric update for instance.
"""

from __future__ import annotations

import os
import threading
import time

CHECK_S = 0.5
GRACE_S = 2.0  # Triton's own way out also removes the shared memory: let it try first


def die_with_parent() -> None:
    """Watch the parent from a daemon thread."""
    watch = threading.Thread(target=_watch, args=(os.getppid(),), name="asr-lifeline", daemon=True)
    watch.start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_S)
    time.sleep(GRACE_S)
    os._exit(1)
