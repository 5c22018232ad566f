"""Progress line at a terminal, for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_QUIET_S = 2.0
_ERASE = "\r\x1b[K"


class ProgressLine:
    """One line on standard error that is rewritten in place; nothing where standard error is no terminal."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._began_at = clock()
        self._shown = False

    def show(self, name: str, done: int, total: int, unit: str) -> None:
        """Rewrite the line: `call.wav  12/35 segments  34 %`."""
        if not self._stream.isatty() or self._clock() - self._began_at < _QUIET_S:
            return
        self._stream.write(f"{_ERASE}{name}  {done}/{total} {unit}  {100 * done // max(total, 1)} %")
        self._stream.flush()
        self._shown = True

    def clear(self) -> None:
        """Erase the line, so that other output starts on an empty one."""
        if self._shown:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._shown = False
