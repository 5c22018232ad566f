"""Cells of the benchmark: which loads are measured on which contenders, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from asr_engine.manifest import Target
from bench.contenders import Kind, Name
from bench.load import Load

LONG_CLIP_S = 120.0
TUTORIAL_CLIP_S = 10.0  # one file of 10 s, ten files at once
REFERENCE_TYPES = ("fp32", "bf16")


class NoSuchCell(Exception):
    """No cell has such a name."""


class Mode(StrEnum):
    """Which cells are measured."""

    QUICK = "quick"  # what the promises need
    FULL = "full"  # every length, concurrency and precision


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One row of the table: a contender and its load."""

    contender: Name
    clip_s: float
    callers: int

    @property
    def key(self) -> str:
        """Name of the cell, the same in every run."""
        return f"{self.contender} {self.clip_s:g}s x{self.callers}"

    @property
    def load(self) -> Load:
        """Load with so many requests that filling and draining the slots does not dominate the result."""
        return Load(self.clip_s, self.callers, max(self.callers, self._fewest_requests()))

    def _fewest_requests(self) -> int:
        if self.clip_s in (TUTORIAL_CLIP_S, LONG_CLIP_S):
            return 1
        short = self.clip_s < 30
        waves = 2 if short and self.callers <= 8 and self.contender.kind is not Kind.PYTORCH else 1
        return max(waves * self.callers, 2 if short else 1)


def plan(mode: Mode, target: str, *, max_callers: int = 32) -> tuple[Cell, ...]:
    """All cells of a mode; `target` is the export whose promises are checked."""
    cells = _quick(target) if mode is Mode.QUICK else _full(target)
    return tuple(dict.fromkeys(cell for cell in cells if cell.callers <= max_callers))


def named_like(part: str, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Cells with `part` in their key; raises NoSuchCell when there is none."""
    found = tuple(cell for cell in cells if part in cell.key)
    if not found:
        raise NoSuchCell(f"no cell has {part!r} in its name; names are like {cells[0].key!r}")
    return found


def interleaved(cells: Sequence[Cell], rounds: int) -> Iterator[tuple[int, Cell]]:
    """Yield (round, cell) so that the contenders of one load follow each other and share a busy minute.

    Every other round runs backwards, because some machines slow down as they warm up.
    """
    ordered = sorted(cells, key=lambda cell: (cell.contender.long, cell.clip_s, cell.callers, cell.contender))
    for number in range(rounds):
        for cell in ordered if number % 2 == 0 else reversed(ordered):
            yield number, cell


def _quick(target: str) -> Iterator[Cell]:
    engine, stack = Name(Kind.ENGINE, target), Name(Kind.STACK, target)
    for clip_s in (8.0, 30.0):
        for callers in (1, 8):
            yield Cell(engine, clip_s, callers)
            for reference in REFERENCE_TYPES:
                yield Cell(Name(Kind.PYTORCH, reference), clip_s, callers)
    for callers in (2, 4, 16, 32):
        yield Cell(engine, 8.0, callers)
    for callers in (1, 8, 32):
        yield Cell(stack, 8.0, callers)
    for callers in (1, 10):
        yield Cell(stack, TUTORIAL_CLIP_S, callers)


def _full(target: str) -> Iterator[Cell]:
    yield from _quick(target)
    targets = dict.fromkeys((target, Target.CPU_FP32))
    for clip_s in (3.0, 8.0, 30.0):
        for callers in (1, 2, 4, 8, 16, 32):
            for engine_target in targets:
                yield Cell(Name(Kind.ENGINE, engine_target), clip_s, callers)
            yield Cell(Name(Kind.STACK, target), clip_s, callers)
            for reference in REFERENCE_TYPES if callers <= 16 or clip_s < 30 else ():
                yield Cell(Name(Kind.PYTORCH, reference), clip_s, callers)
    for callers in (1, 2, 4):
        yield Cell(Name(Kind.ENGINE, target, long=True), LONG_CLIP_S, callers)
    for reference in REFERENCE_TYPES:
        yield Cell(Name(Kind.PYTORCH, reference), LONG_CLIP_S, 1)
