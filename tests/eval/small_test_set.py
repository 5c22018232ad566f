"""Test set of real speech, small enough for every test to write its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

SPEECH = Path(__file__).resolve().parents[2] / "export" / "asr_export" / "checks" / "speech" / "chinese.ogg"
RATE = 16_000

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]


def read_speech() -> Samples:
    """A second and a half of Chinese, [samples] at 16 kHz."""
    samples, rate = soundfile.read(SPEECH, dtype="float32", frames=int(1.5 * RATE))
    assert rate == RATE
    return np.asarray(samples, np.float32)


def write_test_set(folder: Path) -> Path:
    """Two Chinese recordings, an English one with two channels, and silence; returns the manifest."""
    speech = read_speech()
    soundfile.write(folder / "a.wav", speech, RATE)
    soundfile.write(folder / "b.wav", speech * 0.5, RATE)
    # One after the other, so that the channels do not count as one signal.
    first, second = np.concatenate([speech, 0 * speech]), np.concatenate([0 * speech, speech])
    soundfile.write(folder / "two.flac", np.stack([first, second], axis=1), RATE)
    soundfile.write(folder / "silence.flac", np.zeros(2 * RATE, np.float32), RATE)
    rows = [
        {"audio": "a.wav", "text": "我要退货", "language": "zh", "condition": "office"},
        {"audio": "b.wav", "text": "我要退货", "language": "Chinese", "condition": "street"},
        {"audio": "two.flac", "text": "good morning", "language": "en", "channel": 0},
        {"audio": "two.flac", "text": "good bye", "language": "en", "channel": 1},
        {"audio": "silence.flac"},
    ]
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
