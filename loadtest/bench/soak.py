"""Soak test: a server gets clips of mixed lengths for minutes, and its memory must not grow.

Growth is measured on anonymous memory. Resident memory also counts the pages of the embedding table that were
read so far. They belong to the file, the kernel reclaims them when memory is short, and with random weights
every answer reads other pages.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from asr_server.server import ServerOptions, TritonServer
from bench.load import SEED, Load
from bench.usage import anonymous_bytes, resident_bytes
from bench.whole_stack import STALL_S, Caller

SHORTEST_S, LONGEST_S = 0.5, 30.0  # any length between them, in tenths
CALLERS = 12  # more than slots, so that the engine's lookahead is used
PERIOD_S = 5.0
SETTLED = 0.2  # share of the time after which every slot has held a clip of the longest length
MAX_GROWTH = 0.02

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Soak:
    """Memory of the server over time, in bytes."""

    at_s: tuple[float, ...]
    resident: tuple[int, ...]
    anonymous: tuple[int, ...]
    requests: int
    audio_s: float

    @property
    def growth(self) -> float:
        """Growth of anonymous memory: median of the last tenth over that of the tenth after SETTLED, - 1."""
        tenth = max(1, len(self.anonymous) // 10)
        first = int(SETTLED * len(self.anonymous))
        return median(self.anonymous[-tenth:]) / median(self.anonymous[first : first + tenth]) - 1


class _Callers:
    """Threads that each send one clip after the other until told to stop."""

    def __init__(self, address: str) -> None:
        self._stop = threading.Event()
        self._failure: list[Exception] = []
        self._loads: list[Load] = []
        self._threads = [
            threading.Thread(target=self._call, args=(address, number), daemon=True)
            for number in range(CALLERS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def audio_s(self) -> tuple[float, ...]:
        """Audio seconds of each answered request."""
        return tuple(load.audio_s for load in self._loads)

    def raise_failure(self) -> None:
        """Raise the error of the first request that failed."""
        if self._failure:
            raise self._failure[0]

    def stop(self) -> None:
        """Wait for the requests in flight, then raise the error of the first one that failed."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.raise_failure()

    def _call(self, address: str, number: int) -> None:
        lengths, caller = random.Random(SEED + number), Caller(address)
        try:
            clip_s = LONGEST_S
            while not self._stop.is_set():
                load = Load(clip_s, 1, 1)
                caller.transcribe(load)
                self._loads.append(load)
                clip_s = round(lengths.uniform(SHORTEST_S, LONGEST_S), 1)
        except Exception as error:  # noqa: BLE001 - raised again by `raise_failure`
            self._failure.append(error)
        finally:
            caller.close()


def soak(repository: Path, minutes: float, report: Report, period_s: float = PERIOD_S) -> Soak:
    """Run the test. Raises InferenceServerException or WrongWork for the first request that failed."""
    options = ServerOptions(repository, start_timeout_s=900, stall_s=STALL_S)
    at_s: list[float] = []
    resident: list[int] = []
    anonymous: list[int] = []
    with TritonServer(options) as server:
        started_at = time.perf_counter()
        callers = _Callers(server.grpc_address)
        try:
            while (elapsed_s := time.perf_counter() - started_at) < 60 * minutes:
                at_s.append(elapsed_s)
                resident.append(resident_bytes(server.pid))
                anonymous.append(anonymous_bytes(server.pid))
                sizes = f"{resident[-1] / 1e9:.3f} GB resident, {anonymous[-1] / 1e9:.3f} GB anonymous"
                report(f"{elapsed_s:5.0f} s  {sizes}, {len(callers.audio_s)} requests")
                callers.raise_failure()
                time.sleep(period_s)
        finally:
            callers.stop()
    return Soak(tuple(at_s), tuple(resident), tuple(anonymous), len(callers.audio_s), sum(callers.audio_s))


def soak_lines(result: Soak) -> Sequence[str]:
    """Lines of the result for the terminal."""
    last, highest = result.resident[-1] / 1e9, max(result.resident) / 1e9
    return (
        f"{result.requests} requests, {result.audio_s:.0f} s of audio in {result.at_s[-1]:.0f} s",
        f"resident at the end {last:.3f} GB, highest {highest:.3f} GB",
        f"growth of anonymous memory after settling {result.growth:+.2%} (at most {MAX_GROWTH:.0%})",
    )
