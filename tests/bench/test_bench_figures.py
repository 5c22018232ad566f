"""Rows, ratios and promises from samples."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.cells import Cell
from bench.load import Stages
from bench.report.figures import best_reference, figures, paired_ratio
from bench.report.plots import breakdown_plot, concurrency_plot
from bench.report.promises import check_promises
from bench.report.tables import promise_table, speed_table, tutorial_table
from percentile import percentile
from tests.bench.runs import BF16, ENGINE, FP32, STACK, record, sample

ALONE, TOGETHER = Cell(ENGINE, 8.0, 1), Cell(ENGINE, 8.0, 8)
STAGES = Stages(encode_s=4.0, prefill_s=3.0, decode_s=2.0, host_s=1.0, decode_steps=10, decode_rows=80)


def test_a_row_is_the_median_of_its_rounds(tmp_path: Path) -> None:
    row = figures(record(tmp_path, {ALONE: (9.0, 10.0, 30.0)}), ALONE)
    assert row.audio_s_per_s == pytest.approx(10.0)
    assert row.spread == pytest.approx(2.1)


def test_percentiles_are_latencies_that_were_measured() -> None:
    values = [0.4, 0.1, 0.3, 0.2]
    assert [percentile(values, percent) for percent in (1, 50, 95, 99)] == [0.1, 0.2, 0.4, 0.4]


def test_ratios_are_taken_within_rounds(tmp_path: Path) -> None:
    """The second round was twice as slow for both; medians of each alone would say 3."""
    reference = Cell(FP32, 8.0, 1)
    run = record(tmp_path, {ALONE: (8.0, 4.0, 6.0), reference: (2.0, 1.0, 2.0)})
    assert paired_ratio(run, ALONE, reference) == pytest.approx(4.0)


def test_a_core_s_work_is_told_apart_from_the_machine_s(tmp_path: Path) -> None:
    run = record(tmp_path, {ALONE: (9.0, 18.0)})
    assert figures(run, ALONE).audio_s_per_cpu_s == pytest.approx(13.5 / 1.8)


def test_rounds_that_lack_one_side_are_left_out(tmp_path: Path) -> None:
    reference = Cell(FP32, 8.0, 1)
    run = record(tmp_path, {ALONE: (8.0, 100.0), reference: (2.0,)})
    assert paired_ratio(run, ALONE, reference) == pytest.approx(4.0)
    assert paired_ratio(run, ALONE, Cell(BF16, 8.0, 1)) is None


def test_the_reference_is_taken_at_its_best_batch(tmp_path: Path) -> None:
    speeds = {
        Cell(FP32, 8.0, callers): (speed,) for callers, speed in ((1, 3.0), (4, 6.0), (8, 5.0), (16, 7.0))
    }
    assert best_reference(record(tmp_path, speeds), "fp32", 8.0, at_most=8) == Cell(FP32, 8.0, 4)


def test_shares_of_time_add_up_to_one(tmp_path: Path) -> None:
    run = record(tmp_path, {})
    run.add(0, TOGETHER, sample(TOGETHER, 10.0, stages=STAGES))
    row = figures(run, TOGETHER)
    assert row.shares is not None
    assert astuple(row.shares) == pytest.approx((0.4, 0.3, 0.2, 0.1))
    assert row.host_of_step == pytest.approx(1 / 3)
    assert row.host_per_step_s == pytest.approx(0.1)
    assert row.decode_tokens_per_s == pytest.approx(40)


def test_a_promise_that_is_broken_is_said_to_be(tmp_path: Path) -> None:
    run = record(
        tmp_path, {ALONE: (8.0,), TOGETHER: (16.0,), Cell(FP32, 8.0, 1): (2.0,), Cell(STACK, 8.0, 8): (10.0,)}
    )
    promises = {promise.what: promise for promise in check_promises(run, "cpu-int8")}
    assert promises["8 s alone: engine over PyTorch fp32"].holds
    broken = promises["8 s, 8 at once: whole stack over bare engine"]
    assert not broken.holds
    assert broken.measured == pytest.approx(0.625)
    assert "**no**" in promise_table([broken])


def test_host_time_is_a_promise_not_to_exceed(tmp_path: Path) -> None:
    run = record(tmp_path, {})
    run.add(0, TOGETHER, sample(TOGETHER, 10.0, stages=STAGES))
    (promise,) = check_promises(run, "cpu-int8")
    assert (promise.wanted, promise.holds) == ("≤ 0.05", False)


def test_tables_have_a_line_for_each_cell(tmp_path: Path) -> None:
    run = record(tmp_path, {ALONE: (8.0,), TOGETHER: (16.0,), Cell(FP32, 8.0, 1): (2.0,)})
    lines = speed_table(run, {}).splitlines()
    assert len(lines) == 5
    assert len({len(line) for line in lines}) == 1


def test_the_tutorial_s_rows_are_measured_through_the_whole_stack(tmp_path: Path) -> None:
    run = record(tmp_path, {Cell(STACK, 10.0, 1): (20.0,), Cell(STACK, 10.0, 10): (25.0,)})
    table = tutorial_table(run, "cpu-int8")
    assert "0.50 s" in table
    assert "4.00 s" in table
    assert "2.00 GB" in table
    assert tutorial_table(record(tmp_path, {ALONE: (8.0,)}), "cpu-int8") == ""


def test_plots_are_drawings_with_a_curve_and_a_bar_for_what_was_measured(tmp_path: Path) -> None:
    run = record(tmp_path, {ALONE: (8.0,), TOGETHER: (16.0,), Cell(FP32, 8.0, 1): (2.0,)})
    run.add(1, TOGETHER, sample(TOGETHER, 10.0, stages=STAGES))
    for drawing in (concurrency_plot(run, 8.0), breakdown_plot(run)):
        ElementTree.fromstring(drawing)
    assert concurrency_plot(run, 8.0).count("<polyline") == 4  # two contenders, two panels
    assert "engine cpu-int8, 8 s × 8" in breakdown_plot(run)
