"""JSON Lines: a text with one JSON value on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, AnyStr, Generic


@dataclass(frozen=True, slots=True)
class JsonLine(Generic[AnyStr]):
    """One line. `value` is None where the line is not JSON; `error` then says why."""

    number: int  # from 1; blank lines count
    text: AnyStr
    value: Any
    error: ValueError | None = None


def json_lines(content: AnyStr) -> Iterator[JsonLine[AnyStr]]:
    """Every line that is not blank. The caller decides whether a line that is not JSON is an error.

    Only a line feed ends a line: JSON strings may contain the other characters at which `splitlines` splits.
    Bytes are decoded line by line, so that one damaged line does not cost the others.
    """
    line_feed = "\n" if isinstance(content, str) else b"\n"
    for number, line in enumerate(content.split(line_feed), start=1):
        if not line.strip():
            continue
        try:
            yield JsonLine(number, line, json.loads(line))
        except ValueError as error:
            yield JsonLine(number, line, None, error)
