"""Report of a run: its tables are printed, and its figures and plots are saved on request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from asr_export.assembly import ARTIFACTS
from bench.ceilings import Ceilings
from bench.contenders import Kind
from bench.load import SEED
from bench.machine import describe_machine
from bench.random_model import SHAPES, RandomModel
from bench.report.baseline import write_baseline
from bench.report.plots import breakdown_plot, concurrency_plot
from bench.report.promises import check_promises
from bench.report.record import Record
from bench.report.tables import engine_table, promise_table, speed_table, tutorial_table
from bench.work import Work

BASELINES = Path(__file__).resolve().parents[2] / "baselines"
PLOTTED_CLIP_S = 8.0

Print = Callable[[str], None]


def settings_of(model: RandomModel, target: str, threads: int, code: str) -> dict[str, Any]:
    """Settings of a run: what its parts must agree on and what its report needs."""
    return {
        "shape": model.shape_name,
        "work": str(model.work),
        "target": target,
        "threads": threads,
        "seed": SEED,
        "code": code,
    }


def publish(record: Record, show: Print, save: str | None) -> bool:
    """Show all tables and return whether all promises hold.

    With `save`, write NAME.json, NAME.md and two plots.
    """
    target = record.settings["target"]
    works = _works(record)
    promises = check_promises(record, target)
    tables = [
        speed_table(record, works),
        _ceilings_line(Ceilings.best(record.ceilings)),
        engine_table(record, works),
        tutorial_table(record, target),
        promise_table(promises),
    ]
    text = "\n\n".join(table for table in tables if table)
    show(text)
    if save is not None:
        _save(BASELINES / save, record, works, text)
        show(f"\nkept: {BASELINES / save}.json, .md and two .svg")
    return all(promise.holds for promise in promises)


def _ceilings_line(best: Ceilings) -> str:
    rates = (f"{kind} {best.macs_per_s(kind) / 1e9:.0f}" for kind in ("fp32", "bf16", "int8"))
    return f"Memory {best.bytes_per_s / 1e9:.1f} GB/s; 10⁹ multiply-adds a second: {', '.join(rates)}."


def _works(record: Record) -> dict[str, Work]:
    """Work by target, for the targets whose export still exists."""
    settings = record.settings
    model = RandomModel(Path(settings["work"]), settings["shape"])
    targets = {cell.contender.precision for cell in record.cells if cell.contender.kind is Kind.ENGINE}
    return {
        target: Work.of(SHAPES[settings["shape"]], model.exported(target), model.manifest(target))
        for target in sorted(targets)
        if (model.exported(target) / ARTIFACTS).is_dir()
    }


def _save(stem: Path, record: Record, works: dict[str, Work], text: str) -> None:
    promises = check_promises(record, record.settings["target"])
    write_baseline(stem.with_suffix(".json"), record, works, promises, describe_machine())
    stem.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    plots = {
        "concurrency": concurrency_plot(record, PLOTTED_CLIP_S),
        "breakdown": breakdown_plot(record),
    }
    for name, drawing in plots.items():
        stem.with_name(f"{stem.name}-{name}.svg").write_text(drawing, encoding="utf-8")
