"""Voice activity detection (VAD): where in one channel is speech?

Silero's detector gives each 32 ms a probability. It tells speech from noise and music, but it is late at the
beginning of some utterances and misses an "um" before them. So what it finds is extended, for up to a second,
over frames that are louder than the background. It was trained on speech of normal level, so a quiet channel
is amplified for it.

Speech that is missed here is lost, while noise that is taken for speech only costs time. So the thresholds
are low, short pauses stay inside a stretch of speech, and stretches are padded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_client.audio import energy
from asr_client.audio.energy import SAMPLE_RATE, EnergyMeter, noise_floor_db
from asr_client.audio.silero import FRAME, Silero

BEGIN_ABOVE = 0.4  # probability at which a stretch of speech begins
END_BELOW = 0.2

_BLOCK = 64 * FRAME  # samples that the detector gets at once, on a fixed grid: 2 s
_WANTED_PEAK = 0.25  # the loudest frame of a block is amplified to this
_LARGEST_GAIN = 300.0
_FADE = 0.5  # factor on the peak that sets the gain, for each block without a louder one
_SILENT_PEAK = 3.0 / 32768  # a few steps of 16-bit PCM; nothing below is speech
_LOUDER_DB = 3.0  # than the background
_BELOW_SPEECH_DB = 35.0  # softer sounds than this below the median of the channel's speech hold no words
_REACH_FRAMES = 31  # 1 s
_CLOSE_GAP_FRAMES = 10  # 0.32 s
_PADDING = int(0.05 * SAMPLE_RATE)
_FULL_SCALE = np.float32(32768.0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of samples, end excluded."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Speech:
    """Stretches of speech in one channel, in order and not overlapping."""

    spans: tuple[Span, ...]
    voiced: NDArray[np.bool_]  # frames of 512 samples that are speech and loud: short pauses show here

    def is_pause(self, start: int, end: int) -> bool:
        """Whether no frame that touches the samples [start, end) is speech."""
        return not self.voiced[max(0, start) // FRAME : -(-end // FRAME)].any()


class SpeechDetector:
    """Detects speech in a channel at 16 kHz while its samples pass."""

    def __init__(self) -> None:
        self._silero = Silero()
        self._energy = EnergyMeter()
        self._rest = np.zeros(0, np.int16)
        self._probabilities: list[NDArray[np.float32]] = []
        self._peak = 0.0
        self._samples = 0

    def add(self, pcm: NDArray[np.int16]) -> None:
        """Take the next samples, any number of them."""
        self._energy.add(pcm)
        self._samples += len(pcm)
        samples = np.concatenate([self._rest, pcm])
        whole = len(samples) // _BLOCK * _BLOCK
        for start in range(0, whole, _BLOCK):
            self._detect(samples[start : start + _BLOCK])
        self._rest = samples[whole:]

    def finish(self) -> Speech:
        """The speech of the whole channel. No samples may follow."""
        if len(self._rest):
            self._detect(np.pad(self._rest, (0, -len(self._rest) % FRAME)))
        if not self._probabilities:
            return Speech((), np.zeros(0, np.bool_))
        detected = _with_hysteresis(np.concatenate(self._probabilities))
        loud = _loud_frames(self.energy_db(), detected)
        voiced = _extended(detected, loud)
        return Speech(_spans(voiced, self._samples), voiced & loud)

    def energy_db(self) -> NDArray[np.float32]:
        """Energy of each 10 ms in dBFS."""
        return self._energy.energy_db()

    def _detect(self, pcm: NDArray[np.int16]) -> None:
        offset = np.float32(pcm.mean() / _FULL_SCALE)  # of a recorder; it disturbs the detector
        samples = pcm / _FULL_SCALE - offset
        frames = samples.reshape(-1, FRAME)
        rms = frames.std(axis=1)
        loudest = float(rms.max())
        self._peak = max(loudest, _FADE * self._peak)
        if loudest < _SILENT_PEAK:
            self._probabilities.append(np.zeros(len(frames), np.float32))
            self._silero = Silero()  # after digital silence the detector starts anew
            return
        gain = min(max(_WANTED_PEAK / self._peak, 1.0), _LARGEST_GAIN)
        probabilities = self._silero.probabilities(samples * np.float32(gain))
        self._probabilities.append(np.where(rms < _SILENT_PEAK, np.float32(0), probabilities))


def _with_hysteresis(probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Runs of frames above the lower threshold in which at least one frame reaches the upper one."""
    possible = probabilities >= END_BELOW
    starts, ends = _edges(possible)
    voiced = np.zeros(len(probabilities), np.bool_)
    for start, end in zip(starts, ends, strict=True):
        voiced[start:end] = probabilities[start:end].max() >= BEGIN_ABOVE
    return voiced


def _loud_frames(energy_db: NDArray[np.float32], detected: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which frames of the detector have 10 ms of energy above the background and not far below the speech.

    The second condition is for codecs that switch the background noise off and on. The lowest level of such a
    recording is that of the pauses in the noise, not that of the noise.
    """
    loud = np.zeros(len(detected), np.bool_)
    if not detected.any():
        return loud
    frame_of = np.minimum(np.arange(len(energy_db)) * energy.FRAME // FRAME, len(detected) - 1)
    speech_db = np.median(energy_db[detected[frame_of]])
    threshold = np.maximum(noise_floor_db(energy_db) + _LOUDER_DB, speech_db - _BELOW_SPEECH_DB)
    loud[frame_of[energy_db > threshold]] = True
    return loud


def _extended(detected: NDArray[np.bool_], loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The detected frames, and the loud ones near them that at most short pauses separate from them."""
    candidates = detected | (loud & _dilated(detected, _REACH_FRAMES))
    extended = np.zeros(len(detected), np.bool_)
    for start, end in _runs(candidates):
        extended[start:end] = candidates[start:end] & detected[start:end].any()
    return extended


def _dilated(active: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    window = np.lib.stride_tricks.sliding_window_view(np.pad(active, reach), 2 * reach + 1)
    return np.asarray(window.any(axis=1))


def _spans(voiced: NDArray[np.bool_], samples: int) -> tuple[Span, ...]:
    return tuple(
        Span(max(0, start * FRAME - _PADDING), min(end * FRAME + _PADDING, samples))
        for start, end in _runs(voiced)
    )


def _runs(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of active frames. A short pause does not end a stretch."""
    runs: list[tuple[int, int]] = []
    for start, end in zip(*_edges(active), strict=True):
        if runs and start - runs[-1][1] <= _CLOSE_GAP_FRAMES:
            runs[-1] = (runs[-1][0], int(end))
        else:
            runs.append((int(start), int(end)))
    return runs


def _edges(active: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    return edges[::2], edges[1::2]
