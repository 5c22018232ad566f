"""Figures of a table row, computed from samples as medians over the rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.ceilings import Ceilings
from bench.cells import Cell
from bench.contenders import Kind, Name
from bench.load import Sample
from bench.report.record import Record
from bench.work import Work
from percentile import percentile


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the stages in the busy time of the engine's loop; they add up to 1."""

    encode: float
    prefill: float
    decode: float
    host: float


@dataclass(frozen=True, slots=True)
class Fractions:
    """Fraction of the hardware bound that each stage and the whole reach; 1 is the bound itself."""

    encode: float
    prefill: float
    decode: float
    total: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one row. Percentiles are over the answers of all rounds."""

    audio_s_per_s: float
    spread: float  # (highest - lowest) / median of audio_s_per_s over the rounds
    real_time_factor: float  # median latency / clip length
    p50_s: float
    p95_s: float
    p99_s: float
    first_token_s: float  # median
    decode_tokens_per_s: float
    peak_bytes: int
    cpu_share: float
    audio_s_per_cpu_s: float  # independent of other programs that use the cores
    shares: Shares | None
    host_per_step_s: float | None  # host time of the whole loop for each decode step
    host_of_step: float | None  # the same as a part of a decode step
    host_per_audio_s: float | None  # host time of the whole loop for each second of audio
    of_bound: Fractions | None


Rate = Callable[[Cell, Sample], float]


def throughput(cell: Cell, sample: Sample) -> float:
    """Audio seconds per second."""
    return _audio_s(cell, sample) / sample.wall_s


def efficiency(cell: Cell, sample: Sample) -> float:
    """Audio seconds per second of processor time; 0 when the processor time is unknown."""
    return _audio_s(cell, sample) / sample.usage.cpu_s if sample.usage and sample.usage.cpu_s else 0.0


def figures(record: Record, cell: Cell, work: Work | None = None) -> Figures:
    """Figures of a cell. Without `work` there are no fractions of the hardware bound."""
    samples = list(record.rounds(cell).values())
    speeds = [throughput(cell, sample) for sample in samples]
    latencies = [answer.latency_s for sample in samples for answer in sample.answers]
    usages = [sample.usage for sample in samples if sample.usage is not None]
    return Figures(
        audio_s_per_s=median(speeds),
        spread=(max(speeds) - min(speeds)) / median(speeds),
        real_time_factor=median(latencies) / cell.clip_s,
        p50_s=percentile(latencies, 50),
        p95_s=percentile(latencies, 95),
        p99_s=percentile(latencies, 99),
        first_token_s=median(answer.first_token_s for sample in samples for answer in sample.answers),
        decode_tokens_per_s=median(_decode_tokens_per_s(cell, sample) for sample in samples),
        peak_bytes=max((usage.peak_bytes for usage in usages), default=0),
        cpu_share=_median_or_zero([usage.cpu_share for usage in usages]),
        audio_s_per_cpu_s=_median_or_zero([efficiency(cell, sample) for sample in samples]),
        shares=_shares(samples),
        host_per_step_s=_host_per_step_s(samples),
        host_of_step=_host_of_step(samples),
        host_per_audio_s=_host_per_audio_s(cell, samples),
        of_bound=_of_bound(cell, samples, work, record.ceilings),
    )


def paired_ratio(record: Record, over: Cell, under: Cell, rate: Rate = throughput) -> float | None:
    """Median over the rounds of the ratio of two cells' rates. Rounds that lack one of them are left out."""
    above, below = record.rounds(over), record.rounds(under)
    both = sorted(set(above) & set(below))
    rates = [(rate(over, above[number]), rate(under, below[number])) for number in both]
    ratios = [high / low for high, low in rates if low]
    return median(ratios) if ratios else None


def best_reference(record: Record, precision: str, clip_s: float, at_most: int) -> Cell | None:
    """The PyTorch cell with the highest throughput, among batch sizes up to `at_most`."""
    name = Name(Kind.PYTORCH, precision)
    cells = [
        cell
        for cell in record.cells
        if cell.contender == name and cell.clip_s == clip_s and cell.callers <= at_most
    ]
    return max(cells, key=lambda cell: figures(record, cell).audio_s_per_s, default=None)


def _audio_s(cell: Cell, sample: Sample) -> float:
    return cell.clip_s * len(sample.answers)


def _median_or_zero(values: list[float]) -> float:
    return median(values) if values else 0.0


def _decode_tokens_per_s(cell: Cell, sample: Sample) -> float:
    """Decoded tokens per second of all rows together.

    Where the stages are unknown, the time after the first token counts.
    """
    if sample.stages is not None:
        return sample.stages.decode_rows / sample.stages.decode_s
    after_first_s = sum(answer.latency_s - answer.first_token_s for answer in sample.answers)
    tokens = len(sample.answers) * (cell.load.num_tokens - 1)
    return cell.callers * tokens / after_first_s if after_first_s > 0 else 0.0


def _shares(samples: list[Sample]) -> Shares | None:
    stages = [sample.stages for sample in samples if sample.stages is not None]
    if not stages:
        return None
    busy_s = sum(one.busy_s for one in stages)
    return Shares(
        encode=sum(one.encode_s for one in stages) / busy_s,
        prefill=sum(one.prefill_s for one in stages) / busy_s,
        decode=sum(one.decode_s for one in stages) / busy_s,
        host=sum(one.host_s for one in stages) / busy_s,
    )


def _host_per_step_s(samples: list[Sample]) -> float | None:
    stages = [sample.stages for sample in samples if sample.stages is not None]
    return median(one.host_s / one.decode_steps for one in stages) if stages else None


def _host_of_step(samples: list[Sample]) -> float | None:
    stages = [sample.stages for sample in samples if sample.stages is not None]
    return median(one.host_s / (one.host_s + one.decode_s) for one in stages) if stages else None


def _host_per_audio_s(cell: Cell, samples: list[Sample]) -> float | None:
    measured = [(sample, sample.stages) for sample in samples if sample.stages is not None]
    return median(one.host_s / _audio_s(cell, sample) for sample, one in measured) if measured else None


def _of_bound(
    cell: Cell, samples: list[Sample], work: Work | None, ceilings: list[Ceilings]
) -> Fractions | None:
    if work is None or not ceilings:
        return None
    best, parts = Ceilings.best(ceilings), []
    for sample in samples:
        if (stages := sample.stages) is not None:
            bound = work.bounds(cell.load, stages, best)
            parts.append(
                (
                    bound.encode_s / stages.encode_s,
                    bound.prefill_s / stages.prefill_s,
                    bound.decode_s / stages.decode_s,
                    bound.total_s / sample.wall_s,
                )
            )
    return Fractions(*(median(column) for column in zip(*parts, strict=True))) if parts else None
