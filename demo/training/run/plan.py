"""Plan of one run: how much speech is synthesised, how long training takes, and the seed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of a run. Training ends after `audio_hours` of audio or `minutes`, whichever comes first.

    Progress is the larger of the two shares, so the learning rate always reaches its final value.
    """

    training_utterances: int = 36_000
    evaluation_sentences: int = 500  # half of each language
    evaluation_digits: int = 200
    evaluation_salads: int = 100
    evaluation_second: int = 200
    vocabulary: int = 3_000  # tokens of the byte-level BPE, without the special ones
    audio_hours: float = 300.0
    minutes: float = 73.0
    batch_audio_s: float = 80.0
    learning_rate: float = 1.15e-3
    warm_up_steps: int = 300
    evaluate_every_minutes: float = 10.0
    save_every_minutes: float = 3.0
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("training_utterances", "audio_hours", "minutes", "batch_audio_s", "learning_rate"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")

    @property
    def digest(self) -> str:
        """Hash over all settings, so that outputs of one plan are never continued under another."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


FULL = Plan()
# Exercises the path from text to a checkpoint in a few minutes; the resulting model recognises nothing.
SMOKE = Plan(
    training_utterances=400,
    evaluation_sentences=16,
    evaluation_digits=8,
    evaluation_salads=8,
    evaluation_second=8,
    audio_hours=0.6,
    minutes=3.0,
    batch_audio_s=40.0,
    warm_up_steps=10,
    evaluate_every_minutes=2.0,
    save_every_minutes=0.5,
)
