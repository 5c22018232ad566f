"""What makes recordings harder: noise at a given distance, a telephone line. Always the same for a seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr_eval.noise import NoiseColour, noise, speech_level
from asr_eval.telephone import LINE_RATE, through_telephone

Samples = NDArray[np.float32]  # [samples, channels] in [-1, 1]

_LEVEL_WITHOUT_SPEECH = 10 ** (-26 / 20)  # rms; where speech would be, by ITU-T P.56 practice


class Degradation(Protocol):
    """Something done to a recording before it is transcribed."""

    @property
    def name(self) -> str:
        """For people and for grouping."""

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        """The degraded samples and their rate. `key` chooses what is random: a recording's name."""


@dataclass(frozen=True, slots=True)
class AddedNoise:
    """Noise of one colour under all channels, `snr_db` below the speech of the loudest."""

    snr_db: float
    colour: NoiseColour = NoiseColour.PINK
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.colour.value} noise {self.snr_db:g} dB"

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        chance = np.random.default_rng([self.seed, zlib.crc32(key.encode())])
        spoken = max((speech_level(channel, rate) for channel in samples.T), default=0.0)
        level = (spoken or _LEVEL_WITHOUT_SPEECH) * 10 ** (-self.snr_db / 20)
        added = np.stack([noise(self.colour, channel, rate, chance) for channel in samples.T], axis=1)
        return np.clip(samples + level * added, -1, 1).astype(np.float32), rate


@dataclass(frozen=True, slots=True)
class Telephone:
    """A line of 8 kHz with its band and G.711 µ-law."""

    @property
    def name(self) -> str:
        return "telephone"

    def apply(self, samples: Samples, rate: int, key: str) -> tuple[Samples, int]:
        channels = [through_telephone(channel, rate) for channel in samples.T]
        return np.stack(channels, axis=1), LINE_RATE
