"""A ten-minute call for tests, put together out of the sample calls, so that none need be kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sample_calls import SampleCall, SpokenLine, load_calls

SAMPLE_RATE = 16_000
DURATION_S = 600.0
ROLES = ("agent", "customer")
CONDITIONS = ("clean", "telephone", "compressed")
BETWEEN_S = 1.0


@dataclass(frozen=True, slots=True)
class LongCall:
    """Samples [frames, channels] int16 at SAMPLE_RATE; `lines` are ordered by start time."""

    samples: NDArray[np.int16]
    roles: tuple[str, ...]
    lines: tuple[SpokenLine, ...]

    def text_of(self, channel: int) -> str:
        """All that is said in one channel."""
        return " ".join(line.text for line in self.lines if line.channel == channel)


def ten_minute_call(language: str = "Chinese") -> LongCall:
    """Sample calls of one language in a row, again and again; speakers without a role are the customer."""
    calls = [call for call in load_calls() if call.language == language and call.condition in CONDITIONS]
    pieces: list[NDArray[np.int16]] = []
    lines: list[SpokenLine] = []
    position_s = 0.0
    for call in cycle(calls):
        piece = _in_two_channels(call)
        lines += _moved(call, position_s)
        pieces += [piece, np.zeros((round(BETWEEN_S * SAMPLE_RATE), len(ROLES)), np.int16)]
        position_s += len(piece) / SAMPLE_RATE + BETWEEN_S
        if position_s >= DURATION_S:
            return LongCall(np.concatenate(pieces), ROLES, tuple(lines))
    raise ValueError(f"there are no sample calls in {language}")


def _channels(call: SampleCall) -> Sequence[int]:
    """Where each channel of a sample call goes."""
    return [ROLES.index(role) if role in ROLES else ROLES.index("customer") for role in call.roles]


def _in_two_channels(call: SampleCall) -> NDArray[np.int16]:
    samples, rate = soundfile.read(call.path, dtype="int16", always_2d=True)
    resampled = samples if rate == SAMPLE_RATE else soxr.resample(samples, rate, SAMPLE_RATE)
    placed = np.zeros((len(resampled), len(ROLES)), np.int16)
    placed[:, _channels(call)] = resampled
    return placed


def _moved(call: SampleCall, by_s: float) -> list[SpokenLine]:
    channels = _channels(call)
    return [
        dataclasses.replace(
            line,
            channel=channels[line.channel],
            start_s=line.start_s + by_s,
            end_s=line.end_s + by_s,
        )
        for line in call.lines
    ]
