"""Recordings for the self-check: the caller's, or the bundled synthetic speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr_export.errors import ExportError

BUNDLED = tuple(sorted((Path(__file__).parent / "speech").glob("*.ogg")))


def read_recording(path: Path, sample_rate: int) -> NDArray[np.int16]:
    """Read mono PCM, [samples]. Raises ExportError for anything but one channel at `sample_rate`."""
    try:
        pcm, got_rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ExportError(f"{path}: not readable as audio: {error}") from error
    if pcm.shape[1] != 1 or got_rate != sample_rate:
        got = f"{pcm.shape[1]} channels at {got_rate} Hz"
        raise ExportError(f"{path}: {got}; a check needs 1 channel at {sample_rate} Hz")
    mono: NDArray[np.int16] = pcm[:, 0]
    return mono


def speech_of(duration_s: float, sample_rate: int) -> NDArray[np.int16]:
    """Repeat or cut the bundled speech to a duration."""
    everything = np.concatenate([read_recording(path, sample_rate) for path in BUNDLED])
    return np.resize(everything, round(duration_s * sample_rate))
