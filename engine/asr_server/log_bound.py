"""Upper bound of the server's log file, so that it does not fill the disk.

The server appends, so after the file is cut to nothing it goes on at the new end. A line that is written
between the last read and the cut may be lost.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 64 << 20  # as much again lies in the file's `.1`
MAX_ECHOED_BYTES = 16 << 20  # of a file whose lines are copied elsewhere


def rotate(log: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Move the content to `.1` beside the file once it is longer than `max_bytes`. True when it was moved."""
    if log.stat().st_size <= max_bytes:
        return False
    shutil.copyfile(log, log.with_name(log.name + ".1"))
    os.truncate(log, 0)
    return True


def discard_echoed(log: Path, echoed_bytes: int, max_bytes: int = MAX_ECHOED_BYTES) -> bool:
    """Drop the content once more than `max_bytes` of it are copied elsewhere. True when it was dropped."""
    if echoed_bytes <= max_bytes:
        return False
    os.truncate(log, 0)
    return True
