"""Energy of one channel frame by frame, and its level as a whole, measured while its samples pass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME = 160  # samples: 10 ms
FRAMES_PER_S = SAMPLE_RATE // FRAME

_SMOOTHING_FRAMES = 5
_BLOCK_FRAMES = FRAMES_PER_S // 2
_FLOOR_REACH_BLOCKS = 16  # 8 s to either side
_FLOOR_PERCENTILE = 10.0
_SILENT_DBFS = -120.0
_FULL_SCALE = 32768.0
_CLIPPED = 32_700  # lossy codecs move a clipped sample a little


@dataclass(frozen=True, slots=True)
class Level:
    """Level of a channel relative to full scale; None for digital silence."""

    rms_dbfs: float | None
    peak_dbfs: float | None
    offset: float = 0.0  # mean of the samples, in steps of 16 bit
    clipped_share: float = 0.0  # of the samples that are at full scale


class EnergyMeter:
    """Energy of each 10-ms frame in dBFS, smoothed over 50 ms. The last frame may be shorter.

    The mean of each frame is subtracted first, so an offset of the recorder does not count as energy.
    """

    def __init__(self) -> None:
        self._power: list[NDArray[np.float32]] = []
        self._rest = np.zeros(0, np.int16)

    def add(self, pcm: NDArray[np.int16]) -> None:
        """Take the next samples, any number of them."""
        samples = np.concatenate([self._rest, pcm])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        self._power.append(_power(samples[:whole].reshape(-1, FRAME)))

    def energy_db(self) -> NDArray[np.float32]:
        """One value for each frame so far."""
        rest = [_power(self._rest[None])] if len(self._rest) else []
        power = np.concatenate([*self._power, *rest]) if self._power else np.zeros(0, np.float32)
        if not power.size:
            return power
        smooth = _moving_mean(power, _SMOOTHING_FRAMES)
        return np.asarray(10.0 * np.log10(np.maximum(smooth, 10 ** (_SILENT_DBFS / 10))), np.float32)


def noise_floor_db(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """The background noise at each 10-ms frame: a low percentile of the half-second minima within 8 s."""
    blocks = math.ceil(len(energy) / _BLOCK_FRAMES)
    padded = np.pad(energy, (0, blocks * _BLOCK_FRAMES - len(energy)), constant_values=np.inf)
    minima = padded.reshape(blocks, _BLOCK_FRAMES).min(axis=1)
    floor = [
        np.percentile(
            minima[max(0, block - _FLOOR_REACH_BLOCKS) : block + _FLOOR_REACH_BLOCKS + 1],
            _FLOOR_PERCENTILE,
            method="lower",
        )
        for block in range(blocks)
    ]
    return np.repeat(np.array(floor, np.float32), _BLOCK_FRAMES)[: len(energy)]


class LevelMeter:
    """Level, offset and overdrive of a channel."""

    def __init__(self) -> None:
        self._samples = 0
        self._squares = 0.0
        self._sum = 0
        self._peak = 0
        self._clipped = 0

    def add(self, pcm: NDArray[np.int16]) -> None:
        """Take the next samples, any number of them."""
        if not len(pcm):
            return
        wide = pcm.astype(np.float64)
        magnitude = np.abs(wide)
        self._samples += len(pcm)
        self._squares += float(wide @ wide)
        self._sum += int(wide.sum())
        self._peak = max(self._peak, int(magnitude.max()))
        self._clipped += int(np.count_nonzero(magnitude >= _CLIPPED))

    def level(self) -> Level:
        """The level of all samples so far; decibels are rounded to a tenth."""
        if self._peak == 0:
            return Level(None, None)
        rms = math.sqrt(self._squares / self._samples)
        return Level(
            round(20 * math.log10(rms / _FULL_SCALE), 1),
            round(20 * math.log10(self._peak / _FULL_SCALE), 1),
            self._sum / self._samples,
            self._clipped / self._samples,
        )


def _power(frames: NDArray[np.int16]) -> NDArray[np.float32]:
    return np.asarray((frames / np.float32(_FULL_SCALE)).astype(np.float32).var(axis=1), np.float32)


def _moving_mean(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).mean(axis=1), np.float32)
