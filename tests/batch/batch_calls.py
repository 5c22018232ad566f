"""Short recordings of real speech for the batch's tests, each with samples of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SPEECH = Path(__file__).resolve().parents[2] / "export" / "asr_export" / "checks" / "speech" / "chinese.ogg"
RATE = 16_000


def speech(seconds: float = 1.2, loudness: float = 1.0) -> NDArray[np.float32]:
    samples, rate = soundfile.read(SPEECH, dtype="float32")
    assert rate == RATE
    return np.asarray(samples[: int(seconds * RATE)] * loudness, np.float32)


def write_calls(folder: Path, count: int, first: int = 0, seconds: float = 1.2) -> list[Path]:
    """`count` short calls in folders of ten, named in several scripts; no two sound the same."""
    names = ("call", "呼叫", "звонок", "مكالمة")
    paths = []
    for number in range(first, first + count):
        path = folder / f"{number // 10:02}" / f"{names[number % 4]} {number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, speech(seconds, loudness=0.3 + 0.001 * number), RATE)
        paths.append(path)
    return paths
