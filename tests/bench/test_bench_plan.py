"""What is measured, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cells import Cell, Mode, NoSuchCell, interleaved, named_like, plan
from bench.contenders import Kind, Name
from bench.load import Load, WrongWork, check_num_tokens
from bench.report.promises import check_promises
from tests.bench.runs import ENGINE, record


def test_the_quick_plan_has_all_that_the_promises_need(tmp_path: Path) -> None:
    cells = plan(Mode.QUICK, "cpu-int8")
    promises = check_promises(record(tmp_path, dict.fromkeys(cells, (1.0,))), "cpu-int8")
    assert len(promises) == 8 + 5 + 2  # against PyTorch, under load, serving; host time comes with stages


def test_the_full_plan_contains_the_quick_one_and_whole_clips_of_two_minutes() -> None:
    full = plan(Mode.FULL, "cpu-int8")
    assert set(plan(Mode.QUICK, "cpu-int8")) < set(full)
    assert Cell(Name(Kind.ENGINE, "cpu-int8", long=True), 120.0, 1) in full
    assert {cell.callers for cell in full if cell.contender == ENGINE} == {1, 2, 4, 8, 16, 32}
    assert len(full) == len(set(full))


def test_cells_with_more_callers_can_be_left_out() -> None:
    assert max(cell.callers for cell in plan(Mode.FULL, "cpu-int8", max_callers=4)) == 4


def test_cells_can_be_chosen_by_name() -> None:
    long = named_like("120s", plan(Mode.FULL, "cpu-int8"))
    assert {cell.clip_s for cell in long} == {120.0}
    with pytest.raises(NoSuchCell, match="no cell has '7s' in its name; names are like 'engine cpu-int8 8s"):
        named_like("7s", plan(Mode.QUICK, "cpu-int8"))


def test_every_cell_comes_once_in_every_round_and_contenders_take_turns() -> None:
    cells = plan(Mode.QUICK, "cpu-int8")
    order = list(interleaved(cells, rounds=2))
    assert len(order) == len(set(order)) == 2 * len(cells)
    first = [cell for number, cell in order if number == 0]
    assert [cell for number, cell in order if number == 1] == first[::-1]
    eight = [cell.contender.kind for cell in first if (cell.clip_s, cell.callers) == (8.0, 8)]
    start = first.index(next(cell for cell in first if (cell.clip_s, cell.callers) == (8.0, 8)))
    assert [cell.contender.kind for cell in first[start : start + len(eight)]] == eight


def test_names_of_cells_survive_being_written() -> None:
    for cell in plan(Mode.FULL, "cpu-int8"):
        assert Name.parse(str(cell.contender)) == cell.contender


def test_four_tokens_are_forced_for_each_second_of_audio() -> None:
    load = Load(clip_s=8.0, callers=2, requests=4)
    assert (load.num_tokens, load.audio_s, len(load.pcm())) == (32, 32.0, 128_000)
    with pytest.raises(WrongWork, match="31 tokens instead of 32"):
        check_num_tokens(load, 31)
