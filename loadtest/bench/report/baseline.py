"""Baseline: a run as one JSON file with its figures, machine, versions, code and seed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asr_types.whole_file import write_whole
from bench.ceilings import Ceilings
from bench.cells import Cell
from bench.report.figures import figures, throughput
from bench.report.promises import Promise
from bench.report.record import Record
from bench.work import Work

DIGITS = 5


def write_baseline(
    path: Path, record: Record, works: dict[str, Work], promises: tuple[Promise, ...], machine: dict[str, Any]
) -> None:
    """Write a baseline; an existing file is replaced only when the new one is complete."""
    data = {
        "machine": machine,
        "settings": {name: value for name, value in record.settings.items() if name != "work"},
        "ceilings": asdict(Ceilings.best(record.ceilings)),
        "promises": [{**asdict(promise), "holds": promise.holds} for promise in promises],
        "cells": {cell.key: _row(record, cell, works) for cell in record.cells},
    }
    write_whole(path, json.dumps(_rounded(data), indent=2, ensure_ascii=False) + "\n")


def _row(record: Record, cell: Cell, works: dict[str, Work]) -> dict[str, Any]:
    row = asdict(figures(record, cell, works.get(cell.contender.precision)))
    rounds = record.rounds(cell)
    return {
        "requests": cell.load.requests,
        "tokens_each": cell.load.num_tokens,
        "audio_s_per_s_by_round": [throughput(cell, rounds[number]) for number in sorted(rounds)],
        **row,
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list | tuple) else value
