"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], timeout_s: float = 15.0) -> float:
    """Seconds until `holds`."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if holds():
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {timeout_s:g} s")
