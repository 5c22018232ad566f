"""SVG drawing with the few elements that the plots need, without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

COLOURS = ("#0b6bcb", "#d9480f", "#2b8a3e", "#862e9c", "#c2255c", "#5c940d")
GREY, INK = "#ced4da", "#212529"


class Drawing:
    """Elements collected in the order in which they are painted; lengths in pixels."""

    def __init__(self, width: float, height: float) -> None:
        self._width, self._height = width, height
        self._elements: list[str] = []

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str = GREY) -> None:
        (x1, y1), (x2, y2) = start, end
        self._elements.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
        )

    def curve(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Marked points joined by straight lines."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._elements.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        self._elements += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]

    def bar(self, corner: tuple[float, float], width: float, height: float, colour: str) -> None:
        """A filled rectangle; `corner` is its upper left one."""
        x, y = corner
        self._elements.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
        )

    def text(self, at: tuple[float, float], text: str, anchor: str = "start", colour: str = INK) -> None:
        """`anchor` is start, middle or end."""
        x, y = at
        self._elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
        )

    def render(self) -> str:
        """Content of the SVG file."""
        size = f'width="{self._width:g}" height="{self._height:g}"'
        view = f'viewBox="0 0 {self._width:g} {self._height:g}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} font-family="sans-serif" font-size="12">'
        )
        ground = f'<rect {size} fill="white"/>'
        return "\n".join([head, ground, *self._elements, "</svg>"]) + "\n"
