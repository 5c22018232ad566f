"""Random weights with the released 8-second windows agree with transformers at every length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checks.recordings import speech_of
from asr_export.checks.reference import Reference
from asr_export.checks.self_check import clip_of
from tests.export.random_parity import DURATIONS_S, compare_durations


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["hf", "official"])
def test_all_durations_agree_in_both_layouts(layout: str, request: pytest.FixtureRequest) -> None:
    checkpoint, repository = (
        request.getfixturevalue(f"{layout}_{part}") for part in ("checkpoint", "repository")
    )
    results = compare_durations(checkpoint, repository)
    assert len(results) == len(DURATIONS_S)
    for result in results:
        assert result.encoder_max_diff <= 1e-4, result
        assert result.forced_agreement == 1.0, result
        assert result.greedy_identical, result


def test_random_answers_depend_on_the_audio(hf_checkpoint: Path) -> None:
    """Otherwise agreement would prove nothing."""
    subject = load_checkpoint(open_checkpoint(find_source(str(hf_checkpoint))))
    reference = Reference(subject.model, subject.ids.end_of_text)
    speech = speech_of(4.0, subject.audio.sample_rate)
    backwards = np.ascontiguousarray(speech[::-1])
    answers = [reference.greedy(clip_of(subject, "clip", pcm), 16) for pcm in (speech, backwards)]
    assert answers[0] != answers[1]
    assert len(set(answers[0])) > 4
