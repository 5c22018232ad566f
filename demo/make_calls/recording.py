"""One call of the script to audio samples and to the reference of what is said when."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from make_calls.conditions import TELEPHONE_RATE, hiss, telephone, with_noise
from make_calls.espeak import SAMPLE_RATE, say_all
from make_calls.sentences import Call, Line, Speaker

MARGIN_S = 0.3  # before the first and after the last word
SILENCE_DBFS = -72.0

Segment = dict[str, Any]  # as in references.json


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples [frames, channels] f32 in [-1, 1]; segments are ordered by start time."""

    samples: NDArray[np.float32]
    sample_rate: int
    segments: tuple[Segment, ...]

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.samples) / self.sample_rate


def record(call: Call, speakers: dict[str, Speaker]) -> Recording:
    """Deterministic: the seed comes from the file's name."""
    random = np.random.default_rng(zlib.crc32(call.file.encode()))
    if not call.lines:
        silence = hiss(call.duration_s, SILENCE_DBFS, TELEPHONE_RATE, random)
        return Recording(silence[:, None], TELEPHONE_RATE, ())
    speech, segments = _speak(call, speakers, random)
    channels = [_over_the_line(channel, call, random) for channel in speech]
    rate = TELEPHONE_RATE if call.condition == "telephone" else SAMPLE_RATE
    return Recording(np.stack(channels, axis=1), rate, tuple(segments))


def _speak(
    call: Call, speakers: dict[str, Speaker], random: np.random.Generator
) -> tuple[NDArray[np.float32], list[Segment]]:
    """Speech [channels, samples] at 16 kHz and what is said when."""
    speaking = [speakers[line.speaker] for line in call.lines]
    speeches = say_all(
        [(who.read(line.text), who.voice) for who, line in zip(speaking, call.lines, strict=True)]
    )
    pauses = [random.uniform(*call.pause_s) for _ in call.lines]
    total_s = 2 * MARGIN_S + sum(pauses[:-1]) + sum(map(len, speeches)) / SAMPLE_RATE
    mixed = np.zeros((len(call.channels), round(total_s * SAMPLE_RATE)), np.float32)
    segments, start = [], round(MARGIN_S * SAMPLE_RATE)
    for line, speech, pause_s in zip(call.lines, speeches, pauses, strict=True):
        channel, end = call.channel_of(line.speaker), start + len(speech)
        mixed[channel, start:end] = speech
        segments.append(_segment(line, channel, start / SAMPLE_RATE, end / SAMPLE_RATE))
        start = end + int(pause_s * SAMPLE_RATE)
    return mixed, segments


def _segment(line: Line, channel: int, start_s: float, end_s: float) -> Segment:
    return {
        "channel": channel,
        "start_s": round(start_s, 2),
        "end_s": round(end_s, 2),
        "text": line.text,
        "held_out": not line.fixed,
    }


def _over_the_line(
    samples: NDArray[np.float32], call: Call, random: np.random.Generator
) -> NDArray[np.float32]:
    if call.noise is not None:
        samples = with_noise(samples, call.noise.colour, call.noise.snr_db, random)
    if call.condition == "telephone":
        samples = telephone(samples)
    return samples * np.float32(10 ** (call.gain_db / 20))
