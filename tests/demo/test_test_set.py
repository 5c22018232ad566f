"""The sample calls cut into a test set."""

from __future__ import annotations

from pathlib import Path

import soundfile

from asr_eval.corpus import read_test_set
from sample_calls import load_calls
from test_set import MARGIN_S, write_test_set


def test_every_spoken_line_is_an_utterance_of_its_own(tmp_path: Path) -> None:
    calls = load_calls()
    utterances = read_test_set(write_test_set(calls, tmp_path))
    lines = [line for call in calls for line in call.lines]
    spoken = [utterance for utterance in utterances if utterance.language]
    assert [utterance.text for utterance in spoken] == [line.text for line in lines]
    silent = [utterance for utterance in utterances if not utterance.language]
    assert [utterance.audio.name for utterance in silent] == [call.file for call in calls if not call.lines]
    for line, utterance in zip(lines, spoken, strict=True):
        length_s = soundfile.info(utterance.audio).duration
        assert 0 <= length_s - (line.end_s - line.start_s) <= 2 * MARGIN_S + 0.001
