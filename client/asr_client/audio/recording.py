"""Recording: a file or an array as blocks of 16-bit PCM at 16 kHz, to be read as often as needed.

A call of hours is never in memory as a whole. It is read once for the first pass, and again, piece by piece,
when its segments are sent.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from asr_client.audio.decode import Audio, open_audio
from asr_client.audio.energy import SAMPLE_RATE as SAMPLE_RATE
from asr_client.errors import InvalidAudio
from asr_client.limits import AudioLimits

_INT16_SCALE = 32768.0
# Decoders exceed 1.0 a little. Samples beyond this limit were not scaled to [-1, 1].
_MAX_ABS_FLOAT = 8.0
_ARRAY_BLOCK_FRAMES = 1 << 16


class Recording:
    """Audio that can be read from its start any number of times."""

    def __init__(self, name: str, limits: AudioLimits, open_source: Callable[[], Audio]) -> None:
        self.name = name
        self._limits = limits
        self._open_source = open_source

    def open(self) -> Reading:
        """Begin to read; the result is a context manager. Raises AudioError."""
        return Reading(self._open_source(), self._limits)


class Reading:
    """One pass over a recording. `duration_s` and `truncated` are final once all blocks were taken."""

    def __init__(self, source: Audio, limits: AudioLimits) -> None:
        self._source = source
        self._limits = limits
        self._frames = 0
        self.source_rate = source.sample_rate
        self.channels = source.channels

    @property
    def duration_s(self) -> float:
        """Seconds of the source so far."""
        return self._frames / self.source_rate

    @property
    def truncated(self) -> bool:
        """Whether the source breaks off or is damaged."""
        return self._source.truncated

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """Consecutive blocks [samples, channels] at 16 kHz, some of them empty. Raises AudioError."""
        resampler = soxr.ResampleStream(
            self.source_rate, SAMPLE_RATE, self.channels, dtype="float32", quality="HQ"
        )
        for block in self._source.blocks():
            _check_samples(self._source.name, block, self.duration_s)
            self._frames += len(block)
            self._limits.check_duration(self._source.name, self.duration_s)
            yield to_int16(resampler.resample_chunk(block))
        if self._frames == 0:
            raise InvalidAudio(f"{self._source.name} holds no samples")
        yield to_int16(resampler.resample_chunk(np.zeros((0, self.channels), np.float32), last=True))

    def __enter__(self) -> Reading:
        self._source.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._source.__exit__(kind, error, trace)


def open_recording(
    audio: str | os.PathLike[str] | NDArray[Any],
    sample_rate: int | None = None,
    limits: AudioLimits | None = None,
) -> Recording:
    """A file, or an array of shape [samples] or [samples, channels].

    Arrays are int16, or float32/float64 in [-1, 1], and come with their `sample_rate`. What is wrong with a
    file shows when it is read. Raises InvalidAudio.
    """
    limits = limits or AudioLimits()
    if isinstance(audio, np.ndarray):
        source = ArrayAudio.of(audio, sample_rate)
        limits.check_source(source.name, source.sample_rate, source.channels)
        return Recording(source.name, limits, lambda: source)
    if sample_rate is not None:
        raise InvalidAudio("sample_rate is for arrays; a file carries its own")
    path = Path(audio)
    return Recording(path.name, limits, lambda: open_audio(path, limits))


def load_recording(
    audio: str | os.PathLike[str] | NDArray[Any], sample_rate: int | None = None
) -> LoadedRecording:
    """All of a short recording at once. Raises AudioError."""
    recording = open_recording(audio, sample_rate)
    with recording.open() as reading:
        pcm = np.concatenate(list(reading.blocks()))
        return LoadedRecording(
            recording.name,
            tuple(np.ascontiguousarray(channel) for channel in pcm.T),
            reading.source_rate,
            reading.duration_s,
            reading.truncated,
        )


@dataclass(frozen=True, slots=True)
class LoadedRecording:
    """Decoded audio; `source_rate` and `duration_s` are those of the source."""

    name: str
    pcm: tuple[NDArray[np.int16], ...]  # for each channel [samples] at 16 kHz
    source_rate: int
    duration_s: float
    truncated: bool


@dataclass(frozen=True, slots=True)
class ArrayAudio:
    """Samples in memory with the interface of an open file."""

    samples: NDArray[Any]  # [samples, channels]
    sample_rate: int
    name: str = "array"
    truncated: bool = False

    @classmethod
    def of(cls, samples: NDArray[Any], sample_rate: int | None) -> ArrayAudio:
        """Raises InvalidAudio for anything but [samples] or [samples, channels] of a known type."""
        if sample_rate is None:
            raise InvalidAudio("an array needs its sample_rate")
        if samples.ndim not in (1, 2) or samples.size == 0:
            raise InvalidAudio(
                f"array shape is {samples.shape}; expected [samples] or [samples, channels], not empty"
            )
        if samples.dtype not in (np.int16, np.float32, np.float64):
            raise InvalidAudio(
                f"array dtype is {samples.dtype}; expected int16, or float32/float64 in [-1, 1]"
            )
        return cls(samples.reshape(len(samples), -1), sample_rate)

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Consecutive blocks [samples, channels] in [-1, 1]."""
        scale = _INT16_SCALE if self.samples.dtype == np.int16 else 1.0
        for start in range(0, len(self.samples), _ARRAY_BLOCK_FRAMES):
            yield (self.samples[start : start + _ARRAY_BLOCK_FRAMES] / scale).astype(np.float32)

    def __enter__(self) -> ArrayAudio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round to the nearest step without dither and clip; the inverse of dividing by 32768."""
    scaled = np.rint(samples * np.float32(_INT16_SCALE))
    return np.asarray(np.clip(scaled, -32768, 32767), np.int16)


def _check_samples(name: str, block: NDArray[np.float32], start_s: float) -> None:
    largest = float(np.max(np.abs(block))) if block.size else 0.0  # NaN if any sample is
    if not math.isfinite(largest):
        raise InvalidAudio(f"{name} holds NaN or infinite samples near {start_s:.2f} s")
    if largest > _MAX_ABS_FLOAT:
        raise InvalidAudio(f"{name}: a sample near {start_s:.2f} s is {largest:.0f}; floats lie in [-1, 1]")
