"""A run is kept line by line and goes on where it was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.ceilings import Ceilings
from bench.cells import Cell
from bench.load import Stages
from bench.report.record import OtherRun, Record
from tests.bench.runs import ENGINE, FP32, SETTINGS, record, sample

CELL = Cell(ENGINE, 8.0, 2)
STAGES = Stages(encode_s=1.0, prefill_s=2.0, decode_s=3.0, host_s=0.1, decode_steps=32, decode_rows=64)


def test_a_run_read_again_is_the_run_that_was_written(tmp_path: Path) -> None:
    written = record(tmp_path, {Cell(FP32, 8.0, 1): (4.0, 5.0)})
    written.add(0, CELL, sample(CELL, 10.0, stages=STAGES))
    written.add_ceilings(Ceilings(1e10, 1e11, 2e11, 3e11))
    again = Record.open(written.path, SETTINGS, fresh=False)
    assert again.samples == written.samples
    assert again.ceilings == written.ceilings


def test_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    written = record(tmp_path, {CELL: (4.0, 5.0)})
    whole = written.path.read_text()
    written.path.write_text(whole[:-20])
    again = Record.open(written.path, SETTINGS, fresh=False)
    assert list(again.samples) == [(0, CELL)]
    again.add(1, CELL, written.samples[1, CELL])
    assert Record.load(written.path).samples == written.samples


def test_a_run_of_other_code_is_not_continued(tmp_path: Path) -> None:
    path = record(tmp_path, {CELL: (4.0,)}).path
    with pytest.raises(OtherRun, match="--fresh"):
        Record.open(path, {**SETTINGS, "code": "2"}, fresh=False)
    assert Record.open(path, {**SETTINGS, "code": "2"}, fresh=True).samples == {}


def test_a_file_that_is_no_run_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text("{}\n")
    with pytest.raises(OtherRun, match=r"baseline\.json"):
        Record.load(path)
