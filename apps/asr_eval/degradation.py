"""Degradations of recordings: noise at a signal-to-noise ratio, a telephone line. Reproducible by seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr_eval.noise import NoiseColour, noise, speech_level
from asr_eval.telephone import LINE_RATE, through_telephone

Samples = NDArray[np.float32]  # [samples, channels] in [-1, 1]

_LEVEL_WITHOUT_SPEECH = 10 ** (-26 / 20)  # rms; the usual active speech level by ITU-T P.56


class Degradation(Protocol):
    """A change of a recording that makes it harder to transcribe."""

    @property
    def name(self) -> str:
        """The name of the condition in reports."""

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        """The degraded samples and their rate. `key`, the recording's name, seeds what is random."""


@dataclass(frozen=True, slots=True)
class AddedNoise:
    """Noise of one colour on all channels, `snr_db` below the speech level of the loudest channel."""

    snr_db: float
    colour: NoiseColour = NoiseColour.PINK
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.colour.value} noise {self.snr_db:g} dB"

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        rng = np.random.default_rng([self.seed, zlib.crc32(key.encode())])
        spoken = max((speech_level(channel, rate) for channel in samples.T), default=0.0)
        level = (spoken or _LEVEL_WITHOUT_SPEECH) * 10 ** (-self.snr_db / 20)
        added = np.stack([noise(self.colour, channel, rate, rng) for channel in samples.T], axis=1)
        return np.clip(samples + level * added, -1, 1).astype(np.float32), rate


@dataclass(frozen=True, slots=True)
class Telephone:
    """A narrow-band telephone line with G.711 µ-law."""

    @property
    def name(self) -> str:
        return "telephone"

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        channels = [through_telephone(channel, rate) for channel in samples.T]
        return np.stack(channels, axis=1), LINE_RATE
