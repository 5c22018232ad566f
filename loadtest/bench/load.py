"""Load that is sent to a contender, and the sample that is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
SEED = 0
LEVEL = 1000  # standard deviation of 16-bit samples: far above what the engine takes for silence
TOKENS_PER_S = 4  # output tokens forced for each second of audio, as in ordinary speech


@dataclass(frozen=True, slots=True)
class Load:
    """Closed loop: each of `callers` sends a clip of `clip_s`, and the next one when it is answered."""

    clip_s: float
    callers: int
    requests: int  # of all callers together

    @property
    def num_tokens(self) -> int:
        """Output tokens forced for each request."""
        return math.ceil(TOKENS_PER_S * self.clip_s)

    @property
    def audio_s(self) -> float:
        """Audio seconds of all requests together."""
        return self.clip_s * self.requests

    def pcm(self) -> NDArray[np.int16]:
        """The clip, [samples]. It is noise, because the cost of a clip does not depend on its content."""
        return _noise(self.clip_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """Times of one answer in seconds, from the moment at which the caller was free to send."""

    latency_s: float
    first_token_s: float


@dataclass(frozen=True, slots=True)
class Stages:
    """Time of the engine's loop by stage: differences of the engine's counters."""

    encode_s: float
    prefill_s: float
    decode_s: float  # inside ONNX Runtime
    host_s: float  # the rest of the loop's busy time
    decode_steps: int
    decode_rows: int  # summed over the steps

    @property
    def busy_s(self) -> float:
        return self.encode_s + self.prefill_s + self.decode_s + self.host_s


@dataclass(frozen=True, slots=True)
class Usage:
    """Memory and processor time of the contender's processes during a load."""

    peak_bytes: int  # resident; pages shared by processes count once for each process
    cpu_share: float  # of all cores
    cpu_s: float  # processor time of all cores together


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of a load."""

    wall_s: float  # from the first request to the last answer
    answers: tuple[Answer, ...]
    stages: Stages | None = None
    usage: Usage | None = None


class Contender(Protocol):
    """Contender: turns clips into text, in a process of its own."""

    def run(self, load: Load) -> Sample:
        """Serve a load. Raises WrongWork when an answer does not have the forced number of tokens."""

    def close(self) -> None:
        """End threads and child processes."""


class WrongWork(Exception):
    """A contender did more or less work than it was asked to, so its time cannot be compared."""


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
