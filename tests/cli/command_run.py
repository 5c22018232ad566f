"""A command of `asr` run in this process, with what it printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asr_cli.main import main

Run = Callable[..., tuple[int, str, str]]


def runner_of(command: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs `asr COMMAND …` and returns exit status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main([command, *map(str, words)])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
