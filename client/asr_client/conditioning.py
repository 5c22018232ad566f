"""Conditioning: steps that change the samples before they are sent, all off by default.

docs/CLIENT.md has the measured effect of each. A channel has one offset and one gain for the whole call, so
the level does not go up and down with the speech, and the cuts between segments make no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.energy import FRAME
from asr_client.speakers import Track

_SPEECH_LEVEL_DBFS = -20.0  # of the upper quartile of a normalised channel's speech
_LARGEST_GAIN_DB = 40.0


@dataclass(frozen=True, slots=True)
class Conditioning:
    """`remove_offset` takes a recorder's DC out; `normalise_level` brings speech to -20 dBFS unclipped."""

    remove_offset: bool = False
    normalise_level: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """What is done to every sample of one channel."""

    offset: float = 0.0
    gain: float = 1.0

    def apply(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """The corrected samples, clipped to 16 bit."""
        if self == Correction():
            return pcm
        corrected = np.rint((pcm - np.float32(self.offset)) * np.float32(self.gain))
        return np.asarray(np.clip(corrected, -32768, 32767), np.int16)


def correction_for(track: Track, steps: Conditioning) -> Correction:
    """The correction of a track, from what the first pass measured over its whole channel."""
    level = track.findings.level
    offset = level.offset if steps.remove_offset else 0.0
    gain = 1.0
    if steps.normalise_level and level.peak_dbfs is not None:
        wanted_db = _SPEECH_LEVEL_DBFS - _speech_level_db(track)
        gain = 10 ** (min(wanted_db, -level.peak_dbfs, _LARGEST_GAIN_DB) / 20)
    return Correction(offset, gain)


def _speech_level_db(track: Track) -> float:
    frames = [
        track.findings.energy[span.start // FRAME : -(-span.end // FRAME)] for span in track.speech.spans
    ]
    spoken = np.concatenate(frames) if frames else np.zeros(0, np.float32)
    return float(np.percentile(spoken, 75)) if spoken.size else _SPEECH_LEVEL_DBFS
