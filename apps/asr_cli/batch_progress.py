"""Progress display of a batch: a bar at a terminal, elsewhere a line every 15 seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from tqdm import tqdm

from asr_batch.progress import Progress

_LINE_EVERY_S = 15.0


class BatchProgress:
    """Shows the speed in seconds of audio per second and the time left. A context manager."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._printed_at = clock()
        self._bar: Any = None

    def show(self, progress: Progress) -> None:
        """Redraw the bar, or print a line if the last one is 15 seconds old."""
        if self._stream.isatty():
            self._draw(progress)
        elif self._clock() - self._printed_at >= _LINE_EVERY_S:
            self._printed_at = self._clock()
            print(f"asr batch: {_line(progress)}", file=self._stream, flush=True)

    def __enter__(self) -> BatchProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _draw(self, progress: Progress) -> None:
        if self._bar is None:
            before = progress.before + progress.failed_before
            self._bar = tqdm(
                total=progress.total, initial=before, unit="file", file=self._stream, dynamic_ncols=True
            )
        self._bar.set_postfix_str(
            f"{_speed(progress):.0f} audio-s/s, {progress.failed} failed", refresh=False
        )
        self._bar.update(progress.settled - self._bar.n)


def _line(progress: Progress) -> str:
    return (
        f"{progress.settled}/{progress.total} files, {progress.failed} failed, "
        f"{_speed(progress):.0f} audio-s/s, {_left(progress)} left"
    )


def _speed(progress: Progress) -> float:
    return progress.audio_s / max(progress.elapsed_s, 1e-9)


def _left(progress: Progress) -> str:
    done = progress.transcribed + progress.from_cache + progress.failed
    if not done:
        return "unknown time"
    minutes, seconds = divmod(round((progress.total - progress.settled) * progress.elapsed_s / done), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
