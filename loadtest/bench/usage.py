"""Usage of memory and processor time by a process and all its children, read from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from asr_engine.graphs.session import available_cores
from bench.load import Usage

PERIOD_S = 0.1


@contextmanager
def watch(pid: int) -> Iterator[Callable[[], Usage]]:
    """Measure the usage during a block. Yields a function that returns it once the block has ended."""
    peak_bytes, stop = [resident_bytes(pid)], threading.Event()

    def sample() -> None:
        while not stop.wait(PERIOD_S):
            peak_bytes[0] = max(peak_bytes[0], resident_bytes(pid))

    sampler = threading.Thread(target=sample, name="bench-usage", daemon=True)
    cpu_before, started_at = _cpu_s(pid), time.perf_counter()
    sampler.start()
    usage: list[Usage] = []
    try:
        yield lambda: usage[0]
    finally:
        stop.set()
        sampler.join()
        wall_s = time.perf_counter() - started_at
        cpu_s = _cpu_s(pid) - cpu_before
        share = cpu_s / wall_s / available_cores()
        usage.append(Usage(max(peak_bytes[0], resident_bytes(pid)), share, cpu_s))


def resident_bytes(pid: int) -> int:
    """Resident memory of the process tree, including file-backed pages such as mapped weights."""
    return int(sum(_of(process, lambda one: one.memory_info().rss) for process in _tree(pid)))


def anonymous_bytes(pid: int) -> int:
    """Anonymous memory of the process tree, without file-backed or shared pages: what a leak adds to."""

    def anonymous(process: psutil.Process) -> float:
        memory = process.memory_info()
        return float(memory.rss - memory.shared)

    return int(sum(_of(process, anonymous) for process in _tree(pid)))


def _cpu_s(pid: int) -> float:
    def spent(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    return sum(_of(process, spent) for process in _tree(pid))


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _of(process: psutil.Process, read: Callable[[psutil.Process], float]) -> float:
    try:
        return read(process)
    except psutil.NoSuchProcess:  # the process has ended
        return 0.0
