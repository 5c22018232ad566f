"""Test sets of real speech, and `asr evaluate` in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.client.scripted_server import Script, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "export" / "asr_export" / "checks" / "speech" / "chinese.ogg"
RATE = 16_000


@pytest.fixture(scope="session")
def speech() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A second and a half of Chinese, [samples] at 16 kHz."""
    samples, rate = soundfile.read(SPEECH, dtype="float32", frames=int(1.5 * RATE))
    assert rate == RATE
    return np.asarray(samples, np.float32)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], ScriptedServer]]:
    """Start scripted servers that end with the test."""
    running: list[ScriptedServer] = []

    def start(script: Script) -> ScriptedServer:
        running.append(ScriptedServer(script).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def manifest(tmp_path: Path, speech: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Path:
    """Two Chinese recordings, an English one with two channels, and silence."""
    soundfile.write(tmp_path / "a.wav", speech, RATE)
    soundfile.write(tmp_path / "b.wav", speech * 0.5, RATE)
    # One after the other, so that the channels do not count as one signal.
    first, second = np.concatenate([speech, 0 * speech]), np.concatenate([0 * speech, speech])
    soundfile.write(tmp_path / "two.flac", np.stack([first, second], axis=1), RATE)
    soundfile.write(tmp_path / "silence.flac", np.zeros(2 * RATE, np.float32), RATE)
    rows = [
        {"audio": "a.wav", "text": "我要退货", "language": "zh", "condition": "office"},
        {"audio": "b.wav", "text": "我要退货", "language": "Chinese", "condition": "street"},
        {"audio": "two.flac", "text": "good morning", "language": "en", "channel": 0},
        {"audio": "two.flac", "text": "good bye", "language": "en", "channel": 1},
        {"audio": "silence.flac"},
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
