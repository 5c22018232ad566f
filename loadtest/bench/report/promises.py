"""Promises about the engine's speed, checked against a run. Ratios compare samples of the same round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.cells import Cell
from bench.contenders import Kind, Name
from bench.report.figures import best_reference, efficiency, figures, paired_ratio
from bench.report.record import Record

TOGETHER = 8
ALONE_OVER_FP32, ALONE_OVER_BF16 = 3.0, 1.0
TOGETHER_OVER_FP32, TOGETHER_OVER_BF16 = 2.0, 1.4
KEPT_UNDER_LOAD = 0.9  # of the throughput at 8 callers, up to 32
STACK_OVER_ENGINE = 0.9
HOST_OF_STEP = 0.05


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: `measured` must be at least `bound`, or with `at_most` at most `bound`."""

    what: str
    measured: float
    bound: float
    at_most: bool = False
    by_cpu_s: float | None = None  # the same ratio for each second of processor time

    @property
    def holds(self) -> bool:
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    @property
    def wanted(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}"


def check_promises(record: Record, target: str) -> tuple[Promise, ...]:
    """Promises whose cells the run has measured."""
    return (
        *_against_reference(record, target),
        *_under_load(record, target),
        *_serving(record, target),
        *_host(record, target),
    )


def _against_reference(record: Record, target: str) -> Iterator[Promise]:
    engine = Name(Kind.ENGINE, target)
    for clip_s in (8.0, 30.0):
        for precision, least in (("fp32", ALONE_OVER_FP32), ("bf16", ALONE_OVER_BF16)):
            reference = Cell(Name(Kind.PYTORCH, precision), clip_s, 1)
            what = f"{clip_s:g} s alone: engine over PyTorch {precision}"
            yield from _ratio(record, what, Cell(engine, clip_s, 1), reference, least)
        for precision, least in (("fp32", TOGETHER_OVER_FP32), ("bf16", TOGETHER_OVER_BF16)):
            best = best_reference(record, precision, clip_s, TOGETHER)
            if best is not None:
                what = f"{clip_s:g} s, {TOGETHER} at once: engine over PyTorch {precision} in its best batch"
                yield from _ratio(record, what, Cell(engine, clip_s, TOGETHER), best, least)


def _under_load(record: Record, target: str) -> Iterator[Promise]:
    engine = Name(Kind.ENGINE, target)
    for below, above in ((1, 2), (2, 4), (4, 8)):
        what = f"8 s: throughput at {above} callers over that at {below}"
        yield from _ratio(record, what, Cell(engine, 8.0, above), Cell(engine, 8.0, below), 1.0)
    for callers in (16, 32):
        what = f"8 s: throughput at {callers} callers over that at {TOGETHER}"
        cells = Cell(engine, 8.0, callers), Cell(engine, 8.0, TOGETHER)
        yield from _ratio(record, what, *cells, KEPT_UNDER_LOAD)


def _serving(record: Record, target: str) -> Iterator[Promise]:
    for callers in (TOGETHER, 32):
        stack, bare = (Cell(Name(kind, target), 8.0, callers) for kind in (Kind.STACK, Kind.ENGINE))
        what = f"8 s, {callers} at once: whole stack over bare engine"
        yield from _ratio(record, what, stack, bare, STACK_OVER_ENGINE)


def _host(record: Record, target: str) -> Iterator[Promise]:
    cell = Cell(Name(Kind.ENGINE, target), 8.0, TOGETHER)
    share = figures(record, cell).host_of_step if cell in record.cells else None
    if share is not None:
        what = f"host time of a decode step at {TOGETHER} rows, part of the step"
        yield Promise(what, share, HOST_OF_STEP, at_most=True)


def _ratio(record: Record, what: str, over: Cell, under: Cell, least: float) -> Iterator[Promise]:
    ratio = paired_ratio(record, over, under)
    if ratio is not None:
        yield Promise(what, ratio, least, by_cpu_s=paired_ratio(record, over, under, efficiency))
