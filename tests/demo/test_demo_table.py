"""Tables align where Han characters take two columns."""

from __future__ import annotations

from table import Column, display_width, render, shorten

COLUMNS = (Column("file"), Column("seconds", right=True), Column("text", flexible=True, least_width=8))
ROWS = (("a.flac", "1.5", "你好，我的订单号是887665。"), ("long name.ogg", "179.6", "Hello there"))


def test_han_characters_take_two_columns_and_combining_marks_none() -> None:
    assert display_width("你好ab") == 6
    assert display_width("e\u0301") == 1


def test_columns_start_at_the_same_place_in_every_line() -> None:
    title, _, first, second = render(COLUMNS, ROWS, width=80).splitlines()
    starts = [
        display_width(line[: line.index(cell)])
        for line, cell in ((title, "text"), (first, "你"), (second, "Hello"))
    ]
    assert len(set(starts)) == 1


def test_numbers_end_at_the_same_place() -> None:
    _, _, first, second = render(COLUMNS, ROWS, width=80).splitlines()
    assert first.index("1.5") + len("1.5") == second.index("179.6") + len("179.6")


def test_table_fits_the_width_by_shortening_the_flexible_column_only() -> None:
    lines = render(COLUMNS, ROWS, width=40).splitlines()
    assert max(map(display_width, lines)) <= 40
    assert "long name.ogg" in lines[3]
    assert lines[2].endswith("…")


def test_flexible_column_keeps_its_least_width_on_a_narrow_terminal() -> None:
    assert "Hello t…" in render(COLUMNS, ROWS, width=10)


def test_shortening_never_splits_a_wide_character_over_the_edge() -> None:
    assert shorten("你好世界", 6) == "你好…"
    assert shorten("你好世界", 5) == "你好…"
    assert shorten("你好", 4) == "你好"


def test_table_without_rows_has_its_titles() -> None:
    assert render(COLUMNS, (), width=80).splitlines()[0] == "file  seconds  text"
