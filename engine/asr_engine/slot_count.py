"""Slot count from the cores and memory of the machine, for a configuration that leaves it open."""

from __future__ import annotations

from pathlib import Path

import psutil

from asr_engine.config import EngineConfig
from asr_engine.device import DeviceKind
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.manifest import Manifest

# Two cores are saturated by eight rows (docs/PERFORMANCE.md). That rows grow with cores is an assumption, not
# measured.
SLOTS_FOR_EACH_CORE = 4
FEWEST, MOST = 8, 64
CACHE_SHARE = 0.25  # of the free memory; weights, working space and other processes need the rest
CUDA_SLOTS = 32
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


def chosen_slots(
    config: EngineConfig, manifest: Manifest, kind: DeviceKind, threads: int, free_bytes: int | None = None
) -> int:
    """The configured slots; where those are 0, what suits this machine.

    `threads` is the number of threads in a graph call. `free_bytes` replaces the free memory that the system
    reports.
    """
    if config.slots:
        return config.slots
    if kind is DeviceKind.CUDA:
        return CUDA_SLOTS
    wanted = min(MOST, max(FEWEST, SLOTS_FOR_EACH_CORE * threads))
    one = KvCache.bytes_for(manifest.text, 1, config.max_positions, manifest.dtypes.kv_cache)
    free = free_memory() if free_bytes is None else free_bytes
    return max(1, min(wanted, int(CACHE_SHARE * free / one)))


def free_memory(limit: Path = MEMORY_LIMIT) -> int:
    """Bytes still available on this machine, or this container's limit (cgroup v2) if that is less."""
    free = int(psutil.virtual_memory().available)
    try:
        return min(free, int(limit.read_text()))
    except (OSError, ValueError):  # no cgroup v2 here, or "max": no limit
        return free
