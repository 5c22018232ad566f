"""What the processor can do at most, measured in the same run: memory bandwidth and multiply-adds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import torch

STREAM_BYTES = 1 << 29  # far beyond any cache
GEMM_SIZE = 2048
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The best of several tries each: whatever else runs can only lower them."""

    bytes_per_s: float  # reading
    fp32_macs_per_s: float
    bf16_macs_per_s: float
    int8_macs_per_s: float

    def macs_per_s(self, precision: str) -> float:
        """`precision` is fp32, bf16 or int8."""
        value: float = asdict(self)[f"{precision}_macs_per_s"]
        return value

    @classmethod
    def best(cls, several: Iterable[Ceilings]) -> Ceilings:
        """The highest of each."""
        columns = zip(*(asdict(one).values() for one in several), strict=True)
        return cls(*(max(column) for column in columns))


def measure_ceilings(
    threads: int, *, gemm_size: int = GEMM_SIZE, stream_bytes: int = STREAM_BYTES
) -> Ceilings:
    """A sum over a large array, and square matrix products by the libraries inside PyTorch."""
    torch.set_num_threads(threads)
    stream = torch.ones(stream_bytes // 4)
    single = torch.randn(gemm_size, gemm_size)
    half = single.bfloat16()
    whole = torch.randint(-128, 128, (gemm_size, gemm_size), dtype=torch.int8)
    macs = gemm_size**3
    return Ceilings(
        bytes_per_s=stream_bytes / _fastest_s(stream.sum),
        fp32_macs_per_s=macs / _fastest_s(lambda: single @ single),
        bf16_macs_per_s=macs / _fastest_s(lambda: half @ half),
        int8_macs_per_s=macs / _fastest_s(lambda: torch._int_mm(whole, whole)),
    )


def _fastest_s(work: Callable[[], object]) -> float:
    work()  # first calls build kernels
    times = []
    for _ in range(REPEATS):
        started_at = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_at)
    return min(times)
