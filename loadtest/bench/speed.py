"""Speed run: measures the cells of a plan, interleaved, and saves each sample as soon as it is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ceilings import measure_ceilings
from bench.cells import LONG_CLIP_S, Cell, interleaved
from bench.contenders import Kind, Name, Running, Start, running
from bench.load import Load
from bench.random_model import RandomModel
from bench.report.record import Record

WARM_UP = Load(clip_s=2.0, callers=2, requests=2)
# A whole clip of two minutes: 1560 tokens of audio, 480 of text.
LONG_CONTEXT: dict[str, Any] = {"max_audio_s": LONG_CLIP_S, "max_positions": 2112, "slots": 4}

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SpeedRun:
    """One run. `knobs` override settings of the shipped engine.json."""

    model: RandomModel
    cells: Sequence[Cell]
    rounds: int
    threads: int
    knobs: dict[str, Any]
    report: Report

    def measure(self, record: Record) -> None:
        """Measure the samples that `record` lacks. Raises ContenderFailed."""
        todo = [pair for pair in interleaved(self.cells, self.rounds) if pair not in record.samples]
        names = sorted({cell.contender for _, cell in todo})
        self.model.prepare({name.precision for name in names if name.kind is not Kind.PYTORCH}, self.report)
        with ExitStack() as stack:
            contenders = {name: self._start(name, stack) for name in names}
            for done, (number, cell) in enumerate(todo):
                if cell == todo[0][1] or number != todo[done - 1][0]:
                    record.add_ceilings(measure_ceilings(self.threads))
                self.report(f"[{done + 1}/{len(todo)}] round {number + 1}: {cell.key}")
                record.add(number, cell, contenders[cell.contender].run(cell.load))
            if todo:
                record.add_ceilings(measure_ceilings(self.threads))

    def _start(self, name: Name, stack: ExitStack) -> Running:
        self.report(f"loading {name}")
        contender = stack.enter_context(running(Start(name, self._place(name), self.threads)))
        contender.run(WARM_UP)
        return contender

    def _place(self, name: Name) -> Path:
        if name.kind is Kind.PYTORCH:
            return self.model.checkpoint
        knobs = {**self.knobs, "intra_op_threads": self.threads, **(LONG_CONTEXT if name.long else {})}
        folder = self.model.work / "served" / str(name).replace(" ", "-")
        return self.model.serve_from(name.precision, folder, knobs)
