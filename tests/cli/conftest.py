"""Scripted servers, `asr transcribe` in this process, and calls for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.command_run import Run, runner_of
from tests.client.client_audio import RATE, silence, speechlike, utterances
from tests.client.scripted_server import ScriptedServer, starter


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    yield from starter()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit status, standard output and standard error of `asr transcribe …`."""
    return runner_of("transcribe", capsys)


@pytest.fixture
def calls(tmp_path: Path) -> list[Path]:
    """A call of one channel and one of two."""
    mono, stereo = tmp_path / "mono.wav", tmp_path / "stereo.flac"
    soundfile.write(mono, utterances(2), RATE)
    talk = np.stack(
        [np.concatenate([speechlike(1), silence(2)]), np.concatenate([silence(2), speechlike(1)])]
    )
    soundfile.write(stereo, talk.T, RATE)
    return [mono, stereo]
