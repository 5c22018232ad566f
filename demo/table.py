"""Table in plain text, in which Han characters take two columns of the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

ELLIPSIS = "…"
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """Column of a table. A `flexible` one shrinks when the table is too wide, down to `least_width`."""

    title: str
    right: bool = False
    flexible: bool = False
    least_width: int = 16


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> str:
    """Lines joined by newlines, none wider than `width` where the flexible columns allow it."""
    widths = _widths(columns, rows, width)
    lines = [_line(columns, [column.title for column in columns], widths)]
    lines.append(GAP.join("─" * width for width in widths))
    lines += [_line(columns, row, widths) for row in rows]
    return "\n".join(lines)


def display_width(text: str) -> int:
    """Terminal columns that `text` takes."""
    return sum(_character_width(character) for character in text)


def shorten(text: str, width: int) -> str:
    """`text`, cut and with an ellipsis when it is wider than `width` columns."""
    if display_width(text) <= width:
        return text
    kept, used = "", display_width(ELLIPSIS)
    for character in text:
        used += _character_width(character)
        if used > width:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    cells = list(zip([column.title for column in columns], *rows, strict=True))
    widths = [max(display_width(cell) for cell in column) for column in cells]
    excess = sum(widths) + len(GAP) * (len(columns) - 1) - width
    flexible = [index for index, column in enumerate(columns) if column.flexible]
    while excess > 0 and (yielding := [i for i in flexible if widths[i] > columns[i].least_width]):
        widest = max(yielding, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for column, cell, width in zip(columns, cells, widths, strict=True):
        text = shorten(cell, width)
        blanks = " " * (width - display_width(text))
        padded.append(blanks + text if column.right else text + blanks)
    return GAP.join(padded).rstrip()


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
