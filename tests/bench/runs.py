"""Made-up samples, so that tables and promises can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.cells import Cell
from bench.contenders import Kind, Name
from bench.load import Answer, Sample, Stages, Usage
from bench.report.record import Record

ENGINE, STACK = Name(Kind.ENGINE, "cpu-int8"), Name(Kind.STACK, "cpu-int8")
FP32, BF16 = Name(Kind.PYTORCH, "fp32"), Name(Kind.PYTORCH, "bf16")
SETTINGS = {"target": "cpu-int8", "shape": "tiny", "work": "nowhere", "code": "1"}


def sample(cell: Cell, audio_s_per_s: float, *, stages: Stages | None = None) -> Sample:
    """All answers of a load at once, at this throughput."""
    load = cell.load
    wall_s = load.audio_s / audio_s_per_s
    answers = tuple(Answer(wall_s, wall_s / 4) for _ in range(load.requests))
    return Sample(wall_s, answers, stages, Usage(peak_bytes=2_000_000_000, cpu_share=0.9, cpu_s=1.8 * wall_s))


def record(path: Path, speeds: Mapping[Cell, tuple[float, ...]]) -> Record:
    """A run with these throughputs, one for each round."""
    made = Record.open(path / "run.jsonl", SETTINGS, fresh=True)
    for cell, by_round in speeds.items():
        for number, speed in enumerate(by_round):
            made.add(number, cell, sample(cell, speed))
    return made
