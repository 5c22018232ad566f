"""Audio of a request: checks of its samples, and its level."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from asr_engine.errors import InvalidAudio

MAX_FLOAT_PEAK = 2.0  # resampling may exceed 1.0 slightly; floats on an integer scale exceed it by far
LEVEL_FRAME_S = 0.05
_INT16_SCALE = 1 / 32768


def checked_samples(pcm: object, sample_rate: int, max_audio_s: float) -> NDArray[np.float32]:
    """The clip as float32 in [-1, 1], shape [samples]; raises InvalidAudio saying what is wrong."""
    if not isinstance(pcm, np.ndarray):
        raise InvalidAudio(f"audio is a {type(pcm).__name__}; a numpy array is needed")
    if pcm.ndim != 1:
        raise InvalidAudio(f"audio has shape {list(pcm.shape)}; one channel of shape [samples] is needed")
    if pcm.dtype not in (np.int16, np.float32):
        raise InvalidAudio(f"audio is {pcm.dtype}; int16 or float32 is needed")
    if pcm.size == 0:
        raise InvalidAudio("audio is empty; at least one sample is needed")
    duration_s = pcm.size / sample_rate
    if duration_s > max_audio_s:
        raise InvalidAudio(f"audio is {duration_s:.2f} s; the limit is {max_audio_s:g} s")
    if pcm.dtype == np.int16:
        return np.multiply(pcm, _INT16_SCALE, dtype=np.float32)
    return _checked_floats(pcm)


def loudest_frame_dbfs(samples: NDArray[np.float32], sample_rate: int) -> float:
    """Level of the loudest 50-ms frame relative to full scale; -inf for no signal at all.

    Each frame's mean is subtracted, so that a constant offset, common on old telephone cards, is no sound.
    """
    length = min(int(sample_rate * LEVEL_FRAME_S), samples.size)
    whole = samples[: samples.size // length * length].reshape(-1, length)
    power = max(float(whole.var(axis=1).max()), float(samples[-length:].var()))
    return 10 * math.log10(power) if power > 0 else -math.inf


def _checked_floats(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    peak = float(np.abs(pcm).max())  # NaN and infinity both survive the maximum
    if not math.isfinite(peak):
        bad = int(np.flatnonzero(~np.isfinite(pcm))[0])
        raise InvalidAudio(f"audio sample {bad} is {float(pcm[bad])}; finite values are needed")
    if peak > MAX_FLOAT_PEAK:
        raise InvalidAudio(f"float audio peaks at {peak:g}; the range is -1 to 1")
    return pcm
