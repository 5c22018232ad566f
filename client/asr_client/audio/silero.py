"""Silero voice activity detector (version 6, 16 kHz) in numpy: how likely is each 32 ms speech?

The weights are Silero's, under the MIT licence; `tests/client/audio/silero_reference.py` takes them from the
published package. The layers before the recurrent one see each frame on its own, so they take a whole block
of frames in one matrix product; only the recurrent layer goes from frame to frame. This is some thirty times
as fast as running the model frame by frame, and needs no inference library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FRAME = 512  # samples: 32 ms at 16 kHz

_CONTEXT = 64  # samples of the previous frame that are put before each frame
_WINDOW = 256
_HOP = 128
_HIDDEN = 128
_BLOCK_FRAMES = 64  # larger blocks do not fit into the processor's cache
_FULL_SCALE = np.float32(32768.0)
_WEIGHTS = Path(__file__).with_name("silero_vad_16k.npz")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Weights:
    """Right-hand sides of matrix products; those of convolutions have the shape [taps * inputs, outputs]."""

    conv1: Floats
    conv1_bias: Floats
    conv2: Floats
    conv2_bias: Floats
    conv3: Floats
    conv3_bias: Floats
    conv4: Floats
    conv4_bias: Floats
    lstm_input: Floats
    lstm_hidden: Floats
    lstm_bias: Floats
    output: Floats
    output_bias: Floats


class Silero:
    """The detector, with its state for one channel."""

    def __init__(self) -> None:
        self._weights = _weights()
        self._context = np.zeros(_CONTEXT, np.float32)
        self._hidden = np.zeros(_HIDDEN, np.float32)
        self._cell = np.zeros(_HIDDEN, np.float32)

    def probabilities(self, samples: Floats) -> Floats:
        """Probability of speech in each frame of `samples`, a whole number of frames in [-1, 1]."""
        assert len(samples) % FRAME == 0
        step = _BLOCK_FRAMES * FRAME
        blocks = [self._block(samples[start : start + step]) for start in range(0, len(samples), step)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def _block(self, samples: Floats) -> Floats:
        seen = np.concatenate([self._context, samples])
        self._context = seen[-_CONTEXT:]
        frames = np.lib.stride_tricks.sliding_window_view(seen, _CONTEXT + FRAME)[::FRAME]
        hidden = self._recur(_encode(_spectrum(frames), self._weights))
        return _sigmoid(np.maximum(hidden, 0) @ self._weights.output + self._weights.output_bias)

    def _recur(self, encoded: Floats) -> Floats:
        """A long short-term memory layer, [frames, 128] → [frames, 128]; gates in the order i, f, o, g."""
        weights = self._weights
        driven = encoded @ weights.lstm_input + weights.lstm_bias
        states = np.empty((len(encoded), _HIDDEN), np.float32)
        for index, drive in enumerate(driven):
            gates = drive + self._hidden @ weights.lstm_hidden
            enter, keep, leave = _sigmoid(gates[: 3 * _HIDDEN]).reshape(3, _HIDDEN)
            self._cell = keep * self._cell + enter * np.tanh(gates[3 * _HIDDEN :])
            self._hidden = leave * np.tanh(self._cell)
            states[index] = self._hidden
        return states


def _spectrum(frames: Floats) -> Floats:
    """Magnitudes [frames, 4, 129]. The end of each frame is mirrored, as in the model's training."""
    mirrored = np.concatenate([frames, frames[:, -2 : -_CONTEXT - 2 : -1]], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, _WINDOW, axis=1)[:, ::_HOP]
    hann = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    return np.abs(np.fft.rfft(windows * hann)).astype(np.float32)


def _encode(spectrum: Floats, weights: _Weights) -> Floats:
    """Four convolutions over time, with 4, 2, 1 and 1 output positions."""
    padded = np.pad(spectrum, ((0, 0), (1, 1), (0, 0)))  # [frames, 6, 129]
    first = _relu(_taps(padded, 1), weights.conv1, weights.conv1_bias)  # [frames, 4, 128]
    second = _relu(_taps(np.pad(first, ((0, 0), (1, 0), (0, 0))), 2), weights.conv2, weights.conv2_bias)
    # Only one position is left; the other taps of the last two kernels see padding zeros.
    third = _relu(second.reshape(len(second), -1), weights.conv3, weights.conv3_bias)
    return _relu(third, weights.conv4, weights.conv4_bias)  # [frames, 128]


def _taps(positions: Floats, stride: int) -> Floats:
    """Three neighbours side by side: [frames, positions, channels] → [frames, outputs, 3 * channels]."""
    windows = np.lib.stride_tricks.sliding_window_view(positions, 3, axis=1)[:, ::stride]
    return np.ascontiguousarray(windows.swapaxes(2, 3)).reshape(*windows.shape[:2], -1)


def _relu(inputs: Floats, matrix: Floats, bias: Floats) -> Floats:
    flat = inputs.reshape(-1, inputs.shape[-1]) @ matrix + bias
    return np.maximum(flat, 0).reshape(*inputs.shape[:-1], -1)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5, np.float32)  # cannot overflow


@cache
def _weights() -> _Weights:
    with np.load(_WEIGHTS) as stored:
        return _Weights(**stored)
