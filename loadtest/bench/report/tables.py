"""Tables of a run, as Markdown that is aligned in plain text too."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cells import TUTORIAL_CLIP_S, Cell
from bench.contenders import Kind, Name
from bench.report.figures import Figures, figures
from bench.report.promises import Promise
from bench.report.record import Record
from bench.work import Work

Rows = Sequence[Sequence[str]]


def speed_table(record: Record, works: dict[str, Work]) -> str:
    """Table of speed and latency with a line for each cell; `works` by target."""
    head = [
        "contender",
        "clip",
        "callers",
        "audio s/s",
        "±",
        "RTF",
        "p50 s",
        "p95 s",
        "p99 s",
        "first token s",
    ]
    head += ["tokens/s", "encoder / prefill / decode / host", "of bound", "peak GB", "CPU"]
    head += ["audio s per CPU s"]
    rows = [
        _speed_row(cell, figures(record, cell, works.get(cell.contender.precision))) for cell in record.cells
    ]
    return markdown(head, rows)


def engine_table(record: Record, works: dict[str, Work]) -> str:
    """Table of the fraction of the hardware bound that each stage reaches, and of the host's time."""
    rows = []
    for cell in record.cells:
        row = figures(record, cell, works.get(cell.contender.precision))
        if cell.contender.kind is Kind.ENGINE and row.of_bound is not None:
            bound = row.of_bound
            stages = (f"{share:.0%}" for share in (bound.encode, bound.prefill, bound.decode, bound.total))
            rows.append([*_cell_columns(cell), *stages, *_host_columns(row)])
    head = ["contender", "clip", "callers", "encoder", "prefill", "decode", "whole"]
    return markdown([*head, "host ms a step", "of the step", "host ms an audio s"], rows)


def promise_table(promises: Sequence[Promise]) -> str:
    """Table of promises and measured figures."""
    rows = [
        [
            promise.what,
            f"{promise.measured:.3g}",
            promise.wanted,
            "yes" if promise.holds else "**no**",
            "" if promise.by_cpu_s is None else f"{promise.by_cpu_s:.3g}",
        ]
        for promise in promises
    ]
    return markdown(["promise", "measured", "bound", "holds", "per CPU s"], rows)


def tutorial_table(record: Record, target: str) -> str:
    """Table with the rows that a well-known tutorial ends with."""
    stack = Name(Kind.STACK, target)
    one, ten = (Cell(stack, TUTORIAL_CLIP_S, callers) for callers in (1, 10))
    if not {one, ten} <= set(record.cells):
        return ""
    seconds = {cell: cell.load.audio_s / figures(record, cell).audio_s_per_s for cell in (one, ten)}
    rows = [
        ["one file of 10 s", f"{seconds[one]:.2f} s"],
        ["ten files of 10 s at once", f"{seconds[ten]:.2f} s"],
        ["memory", f"{figures(record, ten).peak_bytes / 1e9:.2f} GB"],
        ["CPU use", f"{figures(record, one).cpu_share:.0%} to {figures(record, ten).cpu_share:.0%}"],
    ]
    return markdown(["whole stack", target], rows)


def markdown(head: Sequence[str], rows: Rows) -> str:
    """Markdown table with aligned columns; empty without rows."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(row, widths) for row in (head, rule, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
    return f"| {' | '.join(cells)} |"


def _cell_columns(cell: Cell) -> list[str]:
    return [str(cell.contender), f"{cell.clip_s:g} s", str(cell.callers)]


def _host_columns(row: Figures) -> list[str]:
    per_step_s, of_step, per_audio_s = row.host_per_step_s, row.host_of_step, row.host_per_audio_s
    if per_step_s is None or of_step is None or per_audio_s is None:
        return ["", "", ""]
    return [f"{per_step_s * 1e3:.2f}", f"{of_step:.1%}", f"{per_audio_s * 1e3:.2f}"]


def _speed_row(cell: Cell, row: Figures) -> list[str]:
    shares = row.shares
    parts = (shares.encode, shares.prefill, shares.decode, shares.host) if shares else ()
    return [
        *_cell_columns(cell),
        f"{row.audio_s_per_s:.2f}",
        f"{row.spread / 2:.0%}",
        f"{row.real_time_factor:.3f}",
        f"{row.p50_s:.2f}",
        f"{row.p95_s:.2f}",
        f"{row.p99_s:.2f}",
        f"{row.first_token_s:.2f}",
        f"{row.decode_tokens_per_s:.0f}",
        " / ".join(f"{part:.1%}" for part in parts),
        f"{row.of_bound.total:.0%}" if row.of_bound else "",
        f"{row.peak_bytes / 1e9:.2f}",
        f"{row.cpu_share:.0%}",
        f"{row.audio_s_per_cpu_s:.2f}" if row.audio_s_per_cpu_s else "",
    ]
