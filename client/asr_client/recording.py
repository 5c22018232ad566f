"""A recording as the rest of the client sees it: 16-bit PCM at 16 kHz, one array for each channel."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from asr_client.decode import AudioFile
from asr_client.errors import InvalidAudio

SAMPLE_RATE = 16_000  # what the model hears

MIN_SOURCE_RATE = 8_000
MAX_SOURCE_RATE = 192_000
MAX_CHANNELS = 8

_INT16_SCALE = 32768.0
# Decoders overshoot 1.0 a little; beyond this the caller forgot to scale.
_MAX_ABS_FLOAT = 8.0
_ARRAY_BLOCK_FRAMES = 1 << 18
_IDENTICAL_BELOW = 0.01  # rms of the difference relative to the signal: -40 dB


Pcm = tuple[NDArray[np.int16], ...]  # for each channel [samples] at 16 kHz


@dataclass(frozen=True, slots=True)
class Recording:
    """Decoded audio; `source_rate` and `duration_s` are those of the source."""

    name: str
    pcm: Pcm
    source_rate: int
    duration_s: float
    truncated: bool = False
    merged_channels: bool = False  # two channels with the same content were taken as one


def load_recording(audio: str | os.PathLike[str] | NDArray[Any], sample_rate: int | None = None) -> Recording:
    """Read a file, or take an array of shape [samples] or [samples, channels].

    Arrays are int16, or float32/float64 in [-1, 1], and come with their `sample_rate`. Raises AudioError.
    """
    if isinstance(audio, np.ndarray):
        return _from_array(audio, sample_rate)
    if sample_rate is not None:
        raise InvalidAudio("sample_rate is for arrays; a file carries its own")
    path = Path(audio)
    with AudioFile(path) as file:
        _check_source(path.name, file.sample_rate, file.channels)
        pcm, frames = _to_pcm(path.name, file.blocks(), file.sample_rate, file.channels)
        return _recording(path.name, pcm, frames, file.sample_rate, truncated=file.truncated)


def _from_array(samples: NDArray[Any], sample_rate: int | None) -> Recording:
    name = "array"
    if sample_rate is None:
        raise InvalidAudio("an array needs its sample_rate")
    if samples.ndim not in (1, 2) or samples.size == 0:
        raise InvalidAudio(
            f"array shape is {samples.shape}; expected [samples] or [samples, channels], not empty"
        )
    if samples.dtype not in (np.int16, np.float32, np.float64):
        raise InvalidAudio(f"array dtype is {samples.dtype}; expected int16, or float32/float64 in [-1, 1]")
    table = samples.reshape(len(samples), -1)
    _check_source(name, sample_rate, table.shape[1])
    pcm, frames = _to_pcm(name, _array_blocks(table), sample_rate, table.shape[1])
    return _recording(name, pcm, frames, sample_rate, truncated=False)


def _check_source(name: str, sample_rate: int, channels: int) -> None:
    if not MIN_SOURCE_RATE <= sample_rate <= MAX_SOURCE_RATE:
        raise InvalidAudio(
            f"{name}: sample rate is {sample_rate} Hz; allowed are {MIN_SOURCE_RATE} to {MAX_SOURCE_RATE} Hz"
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise InvalidAudio(f"{name} has {channels} channels; allowed are 1 to {MAX_CHANNELS}")


def _array_blocks(table: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(table), _ARRAY_BLOCK_FRAMES):
        block = table[start : start + _ARRAY_BLOCK_FRAMES]
        scale = _INT16_SCALE if block.dtype == np.int16 else 1.0
        yield (block / scale).astype(np.float32)


def _to_pcm(
    name: str, blocks: Iterable[NDArray[np.float32]], sample_rate: int, channels: int
) -> tuple[Pcm, int]:
    """Resample block by block. Returns the samples and the number of source frames."""
    resampler = soxr.ResampleStream(sample_rate, SAMPLE_RATE, channels, dtype="float32", quality="HQ")
    growing = [bytearray() for _ in range(channels)]  # so that an hour of audio is held once
    frames = 0
    for block in blocks:
        _check_samples(name, block, frames / sample_rate)
        frames += len(block)
        _append(growing, resampler.resample_chunk(block))
    if frames == 0:
        raise InvalidAudio(f"{name} holds no samples")
    _append(growing, resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True))
    return tuple(np.frombuffer(samples, np.int16) for samples in growing), frames


def _append(growing: list[bytearray], block: NDArray[np.float32]) -> None:
    for samples, channel in zip(growing, to_int16(block).T, strict=True):
        samples += channel.tobytes()


def _check_samples(name: str, block: NDArray[np.float32], start_s: float) -> None:
    largest = float(np.max(np.abs(block)))  # NaN if any sample is
    if not math.isfinite(largest):
        raise InvalidAudio(f"{name} holds NaN or infinite samples near {start_s:.2f} s")
    if largest > _MAX_ABS_FLOAT:
        raise InvalidAudio(f"{name}: a sample near {start_s:.2f} s is {largest:.0f}; floats lie in [-1, 1]")


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round to the nearest step without dither and clip; the inverse of dividing by 32768."""
    scaled = np.rint(samples * np.float32(_INT16_SCALE))
    return np.asarray(np.clip(scaled, -32768, 32767), np.int16)


def _recording(name: str, pcm: Pcm, frames: int, rate: int, *, truncated: bool) -> Recording:
    merged = len(pcm) == 2 and _are_identical(pcm[0], pcm[1])
    return Recording(name, pcm[:1] if merged else pcm, rate, frames / rate, truncated, merged)


def _are_identical(left: NDArray[np.int16], right: NDArray[np.int16]) -> bool:
    """Whether two channels carry one signal: a mono call stored as stereo, perhaps through a lossy codec."""
    difference = signal = 0.0
    for start in range(0, len(left), _ARRAY_BLOCK_FRAMES):
        a = left[start : start + _ARRAY_BLOCK_FRAMES].astype(np.float32)
        b = right[start : start + _ARRAY_BLOCK_FRAMES].astype(np.float32)
        difference += float(np.vdot(a - b, a - b))
        signal += float(np.vdot(a, a))
    return signal > 0 and difference <= signal * _IDENTICAL_BELOW**2
