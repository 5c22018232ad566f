"""Recording of one call of the script: audio samples, and the reference of what is in them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from make_calls.script import LANGUAGE_CODES, Call, Noise
from make_calls.timeline import events, mixed, placed_lines, segments
from make_calls.voice_over import speak_all
from training.sound.augmentation import TELEPHONE_RATE, telephone, with_noise
from training.sound.noise import SLOPES, Rng, coloured_noise
from training.sound.non_speech import music
from training.voices.speech import SAMPLE_RATE, Samples

SILENCE_DBFS = -72.0


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples [frames, channels] f32 in [-1, 1]; segments and events are ordered by start time."""

    samples: NDArray[np.float32]
    sample_rate: int
    segments: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.samples) / self.sample_rate


def record(call: Call) -> Recording:
    """Make the recording of a call. It is deterministic, since the seed comes from the file's name."""
    rng = np.random.default_rng(zlib.crc32(call.file.encode()))
    if not call.lines:
        rate, samples = _without_speech(call, rng)
        return Recording(samples[:, None], rate, [], [])
    language = LANGUAGE_CODES[call.language or ""]
    speeches = speak_all([(line.text, language, call.cast[line.who]) for line in call.lines])
    lines = placed_lines(call, speeches, rng)
    channels = [_over_the_line(samples, call, rng) for samples in mixed(call, lines)]
    rate = TELEPHONE_RATE if call.condition == "telephone" else SAMPLE_RATE
    return Recording(np.stack(channels, axis=1), rate, segments(lines), events(call, lines))


def _without_speech(call: Call, rng: Rng) -> tuple[int, Samples]:
    if call.condition == "music":
        return SAMPLE_RATE, music(round(call.duration_s * SAMPLE_RATE), rng) * _factor(call.gain_db)
    hiss = coloured_noise(SLOPES["white"], call.duration_s * TELEPHONE_RATE / SAMPLE_RATE, rng)
    return TELEPHONE_RATE, hiss * _factor(SILENCE_DBFS)


def _over_the_line(samples: Samples, call: Call, rng: Rng) -> Samples:
    if call.noise is not None:
        samples = _noisy(samples, call.noise, rng)
    if call.condition == "telephone":
        samples = telephone(samples)[:: SAMPLE_RATE // TELEPHONE_RATE]
    return np.clip(samples * _factor(call.gain_db), -1, 1).astype(np.float32)


def _noisy(samples: Samples, noise: Noise, rng: Rng) -> Samples:
    added = coloured_noise(SLOPES[noise.colour], len(samples) / SAMPLE_RATE, rng)
    if noise.snr_db is not None:
        return with_noise(samples, added, noise.snr_db)
    mixed_in: Samples = samples + added * _factor(noise.level_db or 0.0)
    return mixed_in


def _factor(gain_db: float) -> np.float32:
    return np.float32(10 ** (gain_db / 20))
