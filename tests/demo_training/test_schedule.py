from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.demo_training.utterances import utterance
from training.run.curriculum import (
    FINAL_LEARNING_RATE,
    LONGEST_CLIP_S,
    PHASES,
    Phase,
    learning_rate_at,
    phase_at,
    round_of_batches,
    strength_at,
)
from training.run.plan import FULL, Plan
from training.run.progress_state import ProgressState

UTTERANCES = [
    utterance("a b c" if index % 2 else "一二三", "en" if index % 2 else "zh", 0.5 + index % 9)
    for index in range(120)
]


@pytest.mark.parametrize("phase", PHASES)
def test_a_round_says_every_utterance_of_its_phase_once(phase: Phase) -> None:
    batches = round_of_batches(UTTERANCES, phase, 60.0, np.random.default_rng(1))
    said = Counter(index for batch in batches for item in batch for index in item)
    wanted = [index for index, item in enumerate(UTTERANCES) if item.duration_s <= phase.longest_s]
    assert said == Counter(wanted)


def test_utterances_of_one_clip_speak_one_language_and_fit() -> None:
    for batch in round_of_batches(UTTERANCES, PHASES[-1], 60.0, np.random.default_rng(2)):
        for item in batch:
            assert len({UTTERANCES[index].plan.language for index in item}) == 1
            assert sum(UTTERANCES[index].duration_s for index in item) <= LONGEST_CLIP_S


def test_batches_keep_to_their_budget_with_padding() -> None:
    for batch in round_of_batches(UTTERANCES, PHASES[0], 60.0, np.random.default_rng(3)):
        longest = max(sum(UTTERANCES[index].duration_s + 0.8 for index in item) for item in batch)
        assert len(batch) == 1 or longest * len(batch) <= 60.0


def test_phases_follow_one_another_to_the_end() -> None:
    limits = [phase.until for phase in PHASES]
    assert limits == sorted(limits)
    assert limits[-1] == 1.0
    assert phase_at(0.0) is PHASES[0]
    assert phase_at(1.0) is PHASES[-1]


def test_the_learning_rate_rises_by_steps_and_falls_by_progress() -> None:
    assert learning_rate_at(0.0, 0, 1.0, 100) == pytest.approx(0.01)
    assert learning_rate_at(0.0, 100, 1.0, 100) == pytest.approx(1.0)
    assert learning_rate_at(1.0, 9000, 1.0, 100) == pytest.approx(FINAL_LEARNING_RATE)


def test_disturbances_grow_to_full_strength() -> None:
    assert strength_at(0.0) == pytest.approx(0.35)
    assert strength_at(0.5) == 1.0


def test_progress_is_the_larger_share_of_audio_and_time() -> None:
    plan = Plan(audio_hours=2.0, minutes=10.0)
    assert ProgressState(audio_s=3600, elapsed_s=60).share(plan) == pytest.approx(0.5)
    assert ProgressState(audio_s=36, elapsed_s=540).share(plan) == pytest.approx(0.9)
    assert ProgressState(audio_s=9e9).share(plan) == 1.0


def test_the_full_plan_leaves_time_for_the_other_stages() -> None:
    assert FULL.minutes <= 80


def test_another_setting_is_another_plan() -> None:
    assert Plan(seed=1).digest == Plan(seed=1).digest
    assert Plan(seed=1).digest != Plan(seed=2).digest
    with pytest.raises(ValueError, match="minutes"):
        Plan(minutes=0)
