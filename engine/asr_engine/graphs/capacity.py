"""How many slots an engine gets when nobody says: what the cores keep busy and the memory holds."""

from __future__ import annotations

from pathlib import Path

import psutil

from asr_engine.config import EngineConfig
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.graphs.session import choose_device, intra_op_threads
from asr_engine.manifest import Manifest

# Eight rows use up what two cores give (docs/PERFORMANCE.md). That more cores carry more rows is reckoned,
# not measured.
SLOTS_FOR_EACH_CORE = 4
FEWEST, MOST = 8, 64
CACHE_SHARE = 0.25  # of the memory that is free: weights, working space and neighbours need the rest
CUDA_SLOTS = 32
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


def chosen_slots(config: EngineConfig, manifest: Manifest, free_bytes: int | None = None) -> int:
    """The configured slots; where those are 0, what suits this machine.

    `free_bytes` is the memory to reckon with, None for what the system says.
    """
    if config.slots:
        return config.slots
    if choose_device(config.device, 0, manifest.target).kind == "cuda":
        return CUDA_SLOTS
    wanted = min(MOST, max(FEWEST, SLOTS_FOR_EACH_CORE * intra_op_threads(config)))
    one = KvCache.bytes_for(manifest.text, 1, config.max_positions, manifest.dtypes.kv_cache)
    free = free_memory() if free_bytes is None else free_bytes
    return max(1, min(wanted, int(CACHE_SHARE * free / one)))


def free_memory(limit: Path = MEMORY_LIMIT) -> int:
    """Bytes that programs can still get on this machine, or may have in this container (cgroup v2)."""
    free = int(psutil.virtual_memory().available)
    try:
        return min(free, int(limit.read_text()))
    except (OSError, ValueError):  # no cgroup v2 here, or "max": no limit
        return free
