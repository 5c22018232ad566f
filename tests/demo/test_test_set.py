"""The sample calls cut into a test set."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from asr_eval.corpus import read_test_set
from asr_eval.utterance import Utterance
from sample_calls import load_calls
from test_set import MARGIN_S, write_test_set
from training.sentences.phrases import MAX_CONTEXT_WORDS


@pytest.fixture(scope="module")
def utterances(tmp_path_factory: pytest.TempPathFactory) -> list[Utterance]:
    return list(read_test_set(write_test_set(load_calls(), tmp_path_factory.mktemp("set"))))


def test_every_spoken_line_is_an_utterance_of_its_own(utterances: list[Utterance]) -> None:
    calls = load_calls()
    lines = [line for call in calls for line in call.lines]
    spoken = [utterance for utterance in utterances if utterance.language]
    assert [utterance.text for utterance in spoken] == [line.text for line in lines]
    silent = [utterance for utterance in utterances if not utterance.language]
    assert [utterance.audio.name for utterance in silent] == [call.file for call in calls if not call.lines]
    for line, utterance in zip(lines, spoken, strict=True):
        length_s = soundfile.info(utterance.audio).duration
        assert 0 <= length_s - (line.end_s - line.start_s) <= 2 * MARGIN_S + 0.001


def test_every_recording_has_terms_and_some_are_said_but_most_are_not(
    utterances: list[Utterance], tmp_path: Path
) -> None:
    assert {len(utterance.terms) for utterance in utterances} == {MAX_CONTEXT_WORDS}
    said = [term in utterance.text for utterance in utterances for term in utterance.terms]
    assert 50 < sum(said) < len(said) / 2
    again = read_test_set(write_test_set(load_calls(), tmp_path))
    assert [utterance.terms for utterance in again] == [utterance.terms for utterance in utterances]
