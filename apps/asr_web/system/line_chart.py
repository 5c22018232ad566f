"""Line chart of the last minutes, with the current value of each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asr_web.system.metrics_history import SPAN_S, Point

HEIGHT = 100.0  # of the drawing; its width is 100 too and is stretched to the space on the page


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `paths` are SVG path data in a square of 100, one for each stretch without missing values."""

    paths: tuple[str, ...]
    now: float | None


@dataclass(frozen=True, slots=True)
class LineChart:
    """One or more lines on the same scale."""

    key: str  # of the title and the unit in the texts
    lines: tuple[Line, ...]
    top: float  # value at the upper edge


def line_chart(key: str, *series: Sequence[Point], now_s: float, least_top: float = 1.0) -> LineChart:
    """Draw the points of the SPAN_S seconds before `now_s`. The scale reaches at least to `least_top`."""
    shown = [[point for point in points if point.at_s >= now_s - SPAN_S] for points in series]
    values = [point.value for points in shown for point in points if point.value is not None]
    top = _round_up(max([least_top, *values]))
    return LineChart(key, tuple(_line(points, now_s, top) for points in shown), top)


def _line(points: Sequence[Point], now_s: float, top: float) -> Line:
    paths = tuple(_path(stretch, now_s, top) for stretch in _stretches(points))
    return Line(paths, points[-1].value if points else None)


def _stretches(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    stretches: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point.value is None:
            stretches.append([])
        else:
            stretches[-1].append((point.at_s, point.value))
    return [stretch for stretch in stretches if stretch]


def _path(stretch: list[tuple[float, float]], now_s: float, top: float) -> str:
    places = [(100 + 100 * (at_s - now_s) / SPAN_S, HEIGHT - HEIGHT * value / top) for at_s, value in stretch]
    if len(places) == 1:  # a dot
        places.append((places[0][0] + 0.3, places[0][1]))
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)


def _round_up(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999999)
