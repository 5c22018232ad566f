"""What is sent and what is measured: the two ends of every contender."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
SEED = 0
LEVEL = 1000  # standard deviation of 16-bit samples: far above the silence guard
TOKENS_PER_S = 4  # output tokens forced for each second of audio: ordinary speech


@dataclass(frozen=True, slots=True)
class Load:
    """A closed loop: `callers` each send a clip of `clip_s` and the next one when it is answered."""

    clip_s: float
    callers: int
    requests: int  # of all callers together

    @property
    def num_tokens(self) -> int:
        """Output tokens forced for each request."""
        return math.ceil(TOKENS_PER_S * self.clip_s)

    @property
    def audio_s(self) -> float:
        """Of all requests together."""
        return self.clip_s * self.requests

    def pcm(self) -> NDArray[np.int16]:
        """The clip, [samples]: the cost of a clip does not depend on what is heard in it."""
        return _noise(self.clip_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds from the moment a caller was free to send."""

    latency_s: float
    first_token_s: float


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the engine's loop spent its time. Differences of the engine's counters."""

    encode_s: float
    prefill_s: float
    decode_s: float  # inside ONNX Runtime
    host_s: float  # everything else the loop did
    decode_steps: int
    decode_rows: int  # summed over the steps

    @property
    def busy_s(self) -> float:
        return self.encode_s + self.prefill_s + self.decode_s + self.host_s


@dataclass(frozen=True, slots=True)
class Usage:
    """Of the contender's processes while it worked."""

    peak_bytes: int  # resident; pages that processes share count once for each
    cpu_share: float  # of all cores
    cpu_s: float  # processor time of all cores together


@dataclass(frozen=True, slots=True)
class Sample:
    """One load, measured once."""

    wall_s: float  # from the first request to the last answer
    answers: tuple[Answer, ...]
    stages: Stages | None = None
    usage: Usage | None = None


class Contender(Protocol):
    """Something that turns clips into text; lives in a process of its own."""

    def run(self, load: Load) -> Sample:
        """Serve a load; raises WrongWork when an answer does not have the forced number of tokens."""

    def close(self) -> None:
        """End threads and child processes."""


class WrongWork(Exception):
    """A contender did more or less than what was asked, so that its time means nothing."""


@lru_cache
def _noise(clip_s: float) -> NDArray[np.int16]:
    samples = np.random.default_rng(SEED).normal(0, LEVEL, round(clip_s * SAMPLE_RATE))
    return samples.astype(np.int16)


def check_num_tokens(load: Load, got: int) -> None:
    """Raise WrongWork unless a request came back with the forced number of tokens."""
    if got != load.num_tokens:
        raise WrongWork(
            f"a clip of {load.clip_s:g} s came back with {got} tokens instead of {load.num_tokens}"
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
