"""Scripted servers, `asr batch` in this process, and short calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asr_cli.main import main
from tests.batch.batch_calls import write_calls
from tests.client.scripted_server import ScriptedServer, starter

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    yield from starter()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit status and standard error of `asr …`, run in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str]:
        try:
            status = main([str(word) for word in words])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        return status, capsys.readouterr().err

    return run


@pytest.fixture
def calls(tmp_path: Path) -> list[Path]:
    """Twelve short calls in `calls/`."""
    return write_calls(tmp_path / "calls", 12)
