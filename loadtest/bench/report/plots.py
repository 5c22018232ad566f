"""Plots of a run: throughput and latency over concurrency, and the engine's time by stage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

from bench.cells import Cell
from bench.contenders import Name
from bench.report.figures import Figures, figures
from bench.report.record import Record
from bench.report.svg import COLOURS, INK, Drawing

PANEL_WIDTH, PANEL_HEIGHT, MARGIN, LINE = 380.0, 260.0, 60.0, 18.0
TICKS = 5
STAGES = ("encoder", "prefill", "decode", "host")


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes; x is logarithmic to base 2."""

    title: str
    read: Callable[[Figures], float]


PANELS = (
    Panel("throughput, audio seconds per second", lambda row: row.audio_s_per_s),
    Panel("median latency, seconds", lambda row: row.p50_s),
)


def concurrency_plot(record: Record, clip_s: float) -> str:
    """An SVG with a curve for each contender that was measured with clips of this length."""
    rows = {cell: figures(record, cell) for cell in record.cells if cell.clip_s == clip_s}
    names = sorted({cell.contender for cell in rows})
    height = PANEL_HEIGHT + 2 * MARGIN + LINE * len(names)
    drawing = Drawing(2 * (PANEL_WIDTH + MARGIN) + MARGIN, height)
    for column, panel in enumerate(PANELS):
        _draw_panel(drawing, MARGIN + column * (PANEL_WIDTH + MARGIN), panel, rows, names)
    for number, name in enumerate(names):
        y = PANEL_HEIGHT + 2 * MARGIN + LINE * number
        drawing.bar((MARGIN, y - 9), 10, 10, COLOURS[number % len(COLOURS)])
        drawing.text((MARGIN + 16, y), f"{name}, clips of {clip_s:g} s")
    return drawing.render()


def breakdown_plot(record: Record) -> str:
    """An SVG with a bar for each cell of the bare engine: shares of the loop's time."""
    rows = [(cell, shares) for cell in record.cells if (shares := figures(record, cell).shares) is not None]
    drawing = Drawing(2 * PANEL_WIDTH + 2 * MARGIN, MARGIN * 2 + (LINE + 6) * len(rows))
    left, width = 3.5 * MARGIN, 2 * PANEL_WIDTH - 2.5 * MARGIN
    for number, stage in enumerate(STAGES):
        drawing.bar((left + 110 * number, MARGIN / 2 - 9), 10, 10, COLOURS[number])
        drawing.text((left + 110 * number + 16, MARGIN / 2), stage)
    for number, (cell, shares) in enumerate(rows):
        y, x = MARGIN + (LINE + 6) * number, left
        drawing.text((left - 8, y + 13), _label(cell), anchor="end")
        for share, colour in zip(astuple(shares), COLOURS, strict=False):
            drawing.bar((x, y), share * width, LINE, colour)
            if share > 0.06:
                drawing.text((x + share * width / 2, y + 13), f"{share:.0%}", "middle", "white")
            x += share * width
    return drawing.render()


def _draw_panel(
    drawing: Drawing, left: float, panel: Panel, rows: dict[Cell, Figures], names: Sequence[Name]
) -> None:
    bottom, callers = MARGIN + PANEL_HEIGHT, sorted({cell.callers for cell in rows})
    highest = _round_up(max(panel.read(row) for row in rows.values()))
    steps = max(math.log2(callers[-1] / callers[0]), 1.0)

    def place(number: int, value: float) -> tuple[float, float]:
        x = left + math.log2(number / callers[0]) / steps * (PANEL_WIDTH - MARGIN / 2)
        return x, bottom - value / highest * PANEL_HEIGHT

    drawing.text((left, MARGIN - 20), panel.title)
    for tick in range(TICKS + 1):
        y = bottom - tick / TICKS * PANEL_HEIGHT
        drawing.line((left, y), (left + PANEL_WIDTH - MARGIN / 2, y))
        drawing.text((left - 6, y + 4), f"{highest * tick / TICKS:g}", anchor="end")
    for number in callers:
        drawing.text((place(number, 0)[0], bottom + 18), str(number), anchor="middle")
    drawing.text((left + PANEL_WIDTH / 2, bottom + 36), "callers", anchor="middle", colour=INK)
    for number, name in enumerate(names):
        points = [
            place(cell.callers, panel.read(row))
            for cell, row in sorted(rows.items())
            if cell.contender == name
        ]
        drawing.curve(points, COLOURS[number % len(COLOURS)])


def _round_up(value: float) -> float:
    """To the next 1, 2 or 5 times a power of ten, so that the ticks read well."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _label(cell: Cell) -> str:
    return f"{cell.contender}, {cell.clip_s:g} s × {cell.callers}"
