"""Log-mel features of a clip, equal to those of the model's reference feature extractor.

The features are normalised over the whole clip and then cut into windows. The encoder's attention never
leaves a window, so each window is an independent row of an encoder call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_engine.manifest import AudioDims

MEL_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0  # log10 units below the loudest bin of the clip
_BLOCK_FRAMES = 100  # frames processed together; their data fits into the processor's cache
_BAND_BINS = 16  # mel bins of one matrix product

Mel = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """One encoder row: `features` is [num_mel_bins, chunks * chunk_frames], zero beyond the clip."""

    features: Mel
    num_tokens: int


class MelFrontEnd:
    """Turns PCM into encoder windows; holds constant tables only, so threads may share it."""

    def __init__(self, dims: AudioDims) -> None:
        self._dims = dims
        self._hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(dims.n_fft) / dims.n_fft)  # periodic
        self._bands = _bands(mel_filters(dims.n_fft // 2 + 1, dims.num_mel_bins, dims.sample_rate))

    def num_tokens(self, num_samples: int) -> int:
        """Number of audio tokens of a clip; follows from its length alone."""
        dims = self._dims
        frames = max(num_samples, dims.min_samples) // dims.hop_length
        whole, rest = divmod(frames, dims.chunk_frames)
        return whole * dims.tokens_per_chunk + _convolved(rest)

    def windows(self, samples: NDArray[np.float32]) -> tuple[Window, ...]:
        """The encoder rows of a clip."""
        return self.cut(self.log_mel(samples))

    def log_mel(self, samples: NDArray[np.float32]) -> Mel:
        """[num_mel_bins, frames]; clips below `min_samples` are zero-padded to it first."""
        dims = self._dims
        if samples.size < dims.min_samples:
            samples = np.pad(samples, (0, dims.min_samples - samples.size))
        padded = np.pad(samples, dims.n_fft // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, dims.n_fft)[:: dims.hop_length]
        frames = frames[: samples.size // dims.hop_length]  # the reference drops the last frame
        mel = np.empty((dims.num_mel_bins, len(frames)))
        weighted = np.empty((_BLOCK_FRAMES, dims.n_fft))
        for start in range(0, len(frames), _BLOCK_FRAMES):
            block = frames[start : start + _BLOCK_FRAMES]
            self._mel_power(block, weighted[: len(block)], mel[:, start : start + len(block)])
        return _scaled_log(mel)

    def cut(self, mel: Mel) -> tuple[Window, ...]:
        """Cut a clip's features into windows, the last padded to whole chunks."""
        length = self._dims.window_frames
        return tuple(self._window(mel[:, start : start + length]) for start in range(0, mel.shape[1], length))

    def _mel_power(
        self, frames: NDArray[np.float32], weighted: NDArray[np.float64], mel: NDArray[np.float64]
    ) -> None:
        """Fill `mel`, [num_mel_bins, frames]; `weighted` is scratch of the frames' shape."""
        np.multiply(frames, self._hann, out=weighted)
        spectrum = np.fft.rfft(weighted, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        for band in self._bands:
            mel[band.mel_bins] = (power[:, band.frequencies] @ band.filters).T

    def _window(self, mel: Mel) -> Window:
        dims = self._dims
        frames = mel.shape[1]
        whole, rest = divmod(frames, dims.chunk_frames)
        num_tokens = whole * dims.tokens_per_chunk + _convolved(rest)
        if rest:
            mel = np.pad(mel, ((0, 0), (0, dims.chunk_frames - rest)))
        return Window(mel, num_tokens)


@dataclass(frozen=True, slots=True)
class _Band:
    """Neighbouring mel filters and the frequencies on which they are not all zero."""

    frequencies: slice
    mel_bins: slice
    filters: NDArray[np.float64]  # [frequencies, mel bins]


def _bands(filters: NDArray[np.float64]) -> tuple[_Band, ...]:
    """Cut the filter matrix [num_frequencies, num_mel_bins], almost all zeros, into small dense blocks.

    Each block's product is small enough that OpenBLAS runs it on the calling thread. It would divide a larger
    one among threads of its own, which then spin and take the cores from the decoder.
    """
    bands = []
    for first in range(0, filters.shape[1], _BAND_BINS):
        mel_bins = slice(first, first + _BAND_BINS)
        reached = np.flatnonzero(filters[:, mel_bins].any(axis=1))
        frequencies = slice(int(reached[0]), int(reached[-1]) + 1)
        bands.append(_Band(frequencies, mel_bins, np.ascontiguousarray(filters[frequencies, mel_bins])))
    return tuple(bands)


def _scaled_log(mel: NDArray[np.float64]) -> Mel:
    """Log-mel in the model's range, clamped against the clip's loudest bin; overwrites `mel`."""
    np.maximum(mel, MEL_FLOOR, out=mel)
    np.log10(mel, out=mel)
    np.maximum(mel, mel.max() - DYNAMIC_RANGE, out=mel)
    mel += 4
    mel /= 4
    return mel.astype(np.float32)


def mel_filters(num_frequencies: int, num_mel_bins: int, sample_rate: int) -> NDArray[np.float64]:
    """Triangular filters on Slaney's mel scale with unit area, [num_frequencies, num_mel_bins]."""
    nyquist = sample_rate / 2
    edges = _mel_to_hertz(np.linspace(0, _hertz_to_mel(nyquist), num_mel_bins + 2))  # Hz
    frequencies = np.linspace(0, nyquist, num_frequencies)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: NDArray[np.float64] = triangles * (2 / (edges[2:] - edges[:-2]))
    return filters


# Slaney's scale: linear below 1 kHz (15 mel), logarithmic above with 27 mel for each factor of 6.4.
_BREAK_HZ, _BREAK_MEL, _MEL_PER_HZ = 1000.0, 15.0, 3 / 200
_LOG_STEP = np.log(6.4) / 27


def _hertz_to_mel(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz * _MEL_PER_HZ
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel / _MEL_PER_HZ, above)


def _convolved(frames: int) -> int:
    """Length after the encoder's three convolutions of stride 2."""
    for _ in range(3):
        frames = (frames + 1) // 2
    return frames
