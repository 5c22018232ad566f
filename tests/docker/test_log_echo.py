from __future__ import annotations

import io
from pathlib import Path

from asr_server.log_echo import LogEcho


def test_a_log_that_appears_later_is_copied_whole(tmp_path: Path) -> None:
    path, output = tmp_path / "server.log", io.BytesIO()
    with LogEcho(path, output):
        path.write_bytes(b"first\nsecond\n")
    assert output.getvalue() == b"first\nsecond\n"


def test_lines_of_an_earlier_run_are_not_repeated(tmp_path: Path) -> None:
    path, output = tmp_path / "server.log", io.BytesIO()
    path.write_bytes(b"yesterday\n")
    with LogEcho(path, output), path.open("ab") as log:
        log.write(b"today\n")
    assert output.getvalue() == b"today\n"


def test_a_file_that_has_grown_too_large_begins_anew(tmp_path: Path) -> None:
    path, output = tmp_path / "server.log", io.BytesIO()
    with LogEcho(path, output, max_bytes=10):
        path.write_bytes(b"more than ten bytes\n")
    assert output.getvalue() == b"more than ten bytes\n"
    assert path.stat().st_size == 0


def test_a_file_that_was_rotated_is_copied_from_its_start(tmp_path: Path) -> None:
    path, output = tmp_path / "server.log", io.BytesIO()
    path.write_bytes(b"a long line of yesterday\n")
    with LogEcho(path, output):
        path.write_bytes(b"today\n")
    assert output.getvalue() == b"today\n"
