"""What others published about the released models, and how to tell those models apart.

Error rates: the model's own README, section Evaluation, and arXiv:2601.21337; bfloat16 in vLLM, greedy, no
language given. Speed: the same report, two-minute recordings, hardware not stated; for comparison only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One released model; error rates in percent by test set, as `asr_eval.corpus` names their conditions."""

    name: str
    num_layers: int
    hidden_size: int
    error_percent: Mapping[str, float]
    times_real_time: Mapping[int, int]  # by requests at once


RELEASED = (
    Published(
        name="Qwen3-ASR-0.6B",
        num_layers=28,
        hidden_size=1024,
        error_percent={"test-clean": 2.11, "test-other": 4.55, "aishell-2": 3.15},
        times_real_time={1: 106, 8: 543, 128: 2000},
    ),
    Published(
        name="Qwen3-ASR-1.7B",
        num_layers=28,
        hidden_size=2048,
        error_percent={"test-clean": 1.63, "test-other": 3.38, "aishell-2": 2.71},
        times_real_time={},
    ),
)


def published_for(num_layers: int, hidden_size: int) -> Published | None:
    """The released model of this size, None for others."""
    sizes = {(entry.num_layers, entry.hidden_size): entry for entry in RELEASED}
    return sizes.get((num_layers, hidden_size))
