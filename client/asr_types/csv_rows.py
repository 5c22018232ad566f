"""CSV rows with the numbers of their lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator


class BadCsv(ValueError):
    """A text is not CSV; `line` is the number of the line at fault."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def csv_rows(text: str, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Every row with the number of its last line, the header first; a blank line is an empty row.

    Raises BadCsv.
    """
    # newline="": a quoted value may contain line breaks, and csv.reader finds the ends of rows itself.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for values in reader:
            yield reader.line_num, values
    except csv.Error as error:
        raise BadCsv(reader.line_num, str(error)) from error
