"""Voice activity by energy: where in one channel is speech, and how loud is the channel?

A frame counts as speech when its smoothed energy exceeds the local noise floor by a small margin. The floor
follows the quietest moments within some seconds on either side (minimum statistics), so it adapts to a
constant background. Lost speech cannot be repaired further on while false speech only costs time, so every
doubt is decided for speech: the margin is small, loud frames are speech whatever the floor says, and a clip
too short to hold a pause is speech unless it is near digital silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME = 160  # samples: 10 ms
FRAMES_PER_S = SAMPLE_RATE // FRAME

ABSOLUTE_FLOOR_DBFS = -80.0  # nothing below is speech: a few steps of 16-bit PCM
ALWAYS_SPEECH_DBFS = -30.0  # nothing above is background
MARGIN_DB = 3.0
SHORT_CLIP_S = 2.0  # below this a clip need not hold a pause that would show the floor

_SMOOTHING_FRAMES = 5
_BLOCK_FRAMES = FRAMES_PER_S // 2  # one minimum of the energy for each half second
_FLOOR_REACH_BLOCKS = 16  # 8 s to either side
_FLOOR_PERCENTILE = 10.0
_CLOSE_GAP_FRAMES = 30
_PADDING_FRAMES = 5
_CHUNK_FRAMES = 60 * FRAMES_PER_S
_SILENT_DBFS = -120.0
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of samples, end excluded."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Level:
    """Level of a channel relative to full scale; None for digital silence."""

    rms_dbfs: float | None
    peak_dbfs: float | None


def detect_speech(pcm: NDArray[np.int16]) -> tuple[Span, ...]:
    """Stretches of speech in one channel at 16 kHz, in order and not overlapping."""
    energy = frame_energy_db(pcm)
    if not energy.size:
        return ()
    loud = energy > _threshold_db(energy)
    padded = _dilated(_closed(loud, _CLOSE_GAP_FRAMES), _PADDING_FRAMES)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], padded, [False])).astype(np.int8)))
    return tuple(
        Span(int(start) * FRAME, min(int(end) * FRAME, len(pcm)))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def frame_energy_db(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """Energy of each 10-ms frame in dBFS, smoothed over 50 ms; the last frame may be a short one.

    The mean of each frame is taken out, so an offset of the recorder is not energy.
    """
    chunks = [
        _chunk_power(pcm[start : start + _CHUNK_FRAMES * FRAME])
        for start in range(0, len(pcm), _CHUNK_FRAMES * FRAME)
    ]
    if not chunks:
        return np.zeros(0, np.float32)
    power = _moving_mean(np.concatenate(chunks), _SMOOTHING_FRAMES)
    return np.asarray(10.0 * np.log10(np.maximum(power, 10 ** (_SILENT_DBFS / 10))), np.float32)


def measure_level(pcm: NDArray[np.int16]) -> Level:
    """Level of a whole channel, rounded to a tenth of a decibel."""
    peak = 0
    total = 0.0
    for start in range(0, len(pcm), _CHUNK_FRAMES * FRAME):
        chunk = pcm[start : start + _CHUNK_FRAMES * FRAME].astype(np.float64)
        peak = max(peak, int(np.max(np.abs(chunk))))
        total += float(chunk @ chunk)
    if peak == 0:
        return Level(None, None)
    rms = math.sqrt(total / len(pcm))
    return Level(round(20 * math.log10(rms / _FULL_SCALE), 1), round(20 * math.log10(peak / _FULL_SCALE), 1))


def _threshold_db(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(energy) < SHORT_CLIP_S * FRAMES_PER_S:
        return np.full(len(energy), ABSOLUTE_FLOOR_DBFS, np.float32)
    threshold = np.clip(_noise_floor_db(energy) + MARGIN_DB, ABSOLUTE_FLOOR_DBFS, ALWAYS_SPEECH_DBFS)
    return threshold.astype(np.float32)


def _noise_floor_db(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Floor for each frame: a low percentile of the half-second minima around it."""
    blocks = math.ceil(len(energy) / _BLOCK_FRAMES)
    padded = np.pad(energy, (0, blocks * _BLOCK_FRAMES - len(energy)), constant_values=np.inf)
    minima = padded.reshape(blocks, _BLOCK_FRAMES).min(axis=1)
    floor = np.array(
        [
            np.percentile(
                minima[max(0, block - _FLOOR_REACH_BLOCKS) : block + _FLOOR_REACH_BLOCKS + 1],
                _FLOOR_PERCENTILE,
                method="lower",
            )
            for block in range(blocks)
        ],
        np.float32,
    )
    return np.repeat(floor, _BLOCK_FRAMES)[: len(energy)]


def _chunk_power(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    whole = len(pcm) // FRAME * FRAME
    frames = pcm[:whole].reshape(-1, FRAME).astype(np.float32) / np.float32(_FULL_SCALE)
    power = frames.var(axis=1)
    if whole < len(pcm):
        rest = pcm[whole:].astype(np.float32) / np.float32(_FULL_SCALE)
        power = np.append(power, rest.var())
    return np.asarray(power, np.float32)


def _moving_mean(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).mean(axis=1), np.float32)


def _closed(active: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill inner pauses shorter than `gap` frames."""
    closed = active.copy()
    on = np.flatnonzero(active)
    distance = np.diff(on)
    for index in np.flatnonzero((distance > 1) & (distance <= gap)):
        closed[on[index] : on[index + 1]] = True
    return closed


def _dilated(active: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    window = np.lib.stride_tricks.sliding_window_view(np.pad(active, reach), 2 * reach + 1)
    return np.asarray(window.any(axis=1))
