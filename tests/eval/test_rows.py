"""Readers of JSON Lines and CSV: what ends a line, what ends a row, and which line is at fault."""

from __future__ import annotations

import pytest

from asr_types.csv_rows import BadCsv, csv_rows
from asr_types.json_lines import json_lines


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b"])
def test_only_a_line_feed_ends_a_line(separator: str) -> None:
    (line,) = json_lines(f'"first{separator}still first"\n')
    assert line.number == 1
    assert list(csv_rows(f"audio,text\na.wav,one{separator}two\n")) == [
        (1, ["audio", "text"]),
        (2, ["a.wav", f"one{separator}two"]),
    ]


def test_a_bad_line_is_numbered_and_costs_no_other_line() -> None:
    first, torn, last = json_lines(b'{"a": 1}\r\n\n{"a": \xff\n[2]')
    assert (first.number, first.value, first.error) == (1, {"a": 1}, None)
    assert (torn.number, torn.text, torn.value) == (3, b'{"a": \xff', None)
    assert isinstance(torn.error, ValueError)
    assert (last.number, last.value) == (4, [2])


def test_a_quoted_value_may_run_over_lines_and_a_bad_quote_names_its_line() -> None:
    assert list(csv_rows('a\tb\n"one\ntwo"\tc\n\n', "\t")) == [
        (1, ["a", "b"]),
        (3, ["one\ntwo", "c"]),
        (4, []),
    ]
    with pytest.raises(BadCsv) as failure:
        list(csv_rows('a,b\n"one"two,c\n'))
    assert failure.value.line == 2
