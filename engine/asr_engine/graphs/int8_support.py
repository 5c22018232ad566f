"""Int8 support of this processor: whether it adds up int8 products exactly."""

from __future__ import annotations

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
_EXACT = {"avx512_vnni", "avx_vnni", "amx_int8"}


def may_saturate(cpu_info: Path = CPU_INFO) -> bool:
    """True for x86 without VNNI, which adds pairs of products in 16 bits; the sum can overflow."""
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:  # not Linux; the processor is unknown
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), None)
    return flags is not None and _EXACT.isdisjoint(flags)
