"""The limits of a recording as options of `asr transcribe`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.client.client_audio import RATE, speechlike
from tests.client.scripted_server import ScriptedServer

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--max-size", "1e-6"], "b.wav has 544044 bytes; allowed are 1000 (limit max-size)"),
        (["--max-duration", "0.0001"], "b.wav is longer than 0.0001 h (limit max-duration); split it first"),
        (["--max-channels", "1"], "b.wav has 2 channels; allowed are 1 to 1 (limit max-channels)"),
        (["--min-rate", "22050"], "sample rate is 16000 Hz; allowed are 22050 to 192000 Hz (limit min-rate)"),
        (["--max-rate", "8000"], "sample rate is 16000 Hz; allowed are 8000 to 8000 Hz (limit max-rate)"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_limit_fails_and_names_the_option(
    serve: Serve, run: Run, tmp_path: Path, words: list[str], complaint: str
) -> None:
    soundfile.write(tmp_path / "b.wav", np.zeros((17 * 8000, 2), np.float32), RATE)
    status, _, err = run(tmp_path / "b.wav", *words, "--address", serve().address)
    assert status == 1
    assert err.startswith("asr transcribe: b.wav")
    assert err.endswith(f"{complaint}\n")


def test_raised_limits_let_absurd_recordings_through(serve: Serve, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "array.wav"
    soundfile.write(path, np.tile(speechlike(2)[:, None], 12), RATE)
    status, out, err = run(path, "--max-channels", 12, "--address", serve().address)
    assert (status, err) == (0, "")
    assert out.count("你好") == 12
    slow = tmp_path / "slow.wav"
    soundfile.write(slow, np.zeros(100, np.float32), 1)
    assert run(slow, "--min-rate", 1, "--address", serve().address) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--max-size", "0"], "max_bytes is 0.0; expected a number above 0"),
        (["--max-duration", "nan"], "max_duration_s is nan"),
        (["--max-channels", "many"], "invalid int value: 'many'"),
        (["--min-rate", "48000", "--max-rate", "8000"], "min_rate is 48000; expected at most max_rate, 8000"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_wrong_usage(run: Run, words: list[str], complaint: str) -> None:
    status, out, err = run("a.wav", *words)
    assert (status, out) == (2, "")
    assert complaint in err
