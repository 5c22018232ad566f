"""The sample calls and their references fit each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from sample_calls import BOUND_CONDITIONS, CALLS, REFERENCES, SampleCall, load_calls
from tests.demo.ten_minute_call import DURATION_S, SAMPLE_RATE, ten_minute_call

SAMPLE_CALLS = load_calls()
MAX_TOTAL_BYTES = 3_000_000
CONDITIONS = {"clean", "telephone", "compressed", "noise", "silence", "music"}
LANGUAGES = {"Chinese", "English"}

each_call = pytest.mark.parametrize("call", SAMPLE_CALLS, ids=lambda call: call.file)


def test_every_recording_has_a_reference_and_the_other_way_round() -> None:
    files = {path.name for path in CALLS.iterdir()} - {REFERENCES}
    assert files == {call.file for call in SAMPLE_CALLS}


def test_recordings_stay_small_enough_for_the_repository() -> None:
    assert sum(call.path.stat().st_size for call in SAMPLE_CALLS) <= MAX_TOTAL_BYTES


@each_call
def test_reference_describes_the_file(call: SampleCall) -> None:
    info = soundfile.info(call.path)
    assert info.samplerate == call.sample_rate
    assert info.channels == len(call.roles)
    assert info.frames / info.samplerate == pytest.approx(call.duration_s, abs=0.01)


@each_call
def test_lines_are_in_order_and_do_not_overlap_within_a_channel(call: SampleCall) -> None:
    assert [line.start_s for line in call.lines] == sorted(line.start_s for line in call.lines)
    for channel in range(len(call.roles)):
        times = [t for line in call.lines if line.channel == channel for t in (line.start_s, line.end_s)]
        assert times == sorted(times)
        assert not times or times[-1] <= call.duration_s


@each_call
def test_speech_is_where_the_reference_says(call: SampleCall) -> None:
    samples, rate = soundfile.read(call.path, always_2d=True)
    for line in call.lines:
        spoken = samples[round(line.start_s * rate) : round(line.end_s * rate), line.channel]
        assert np.sqrt(np.mean(spoken**2)) > 0.01, line.text


def test_samples_never_clip() -> None:
    for call in SAMPLE_CALLS:
        samples, _ = soundfile.read(call.path)
        assert np.abs(samples).max() < 1.0, call.file


def test_conditions_and_languages_are_all_there() -> None:
    assert {call.condition for call in SAMPLE_CALLS} == CONDITIONS
    for condition in (*BOUND_CONDITIONS, "noise"):
        assert {call.language for call in SAMPLE_CALLS if call.condition == condition} == LANGUAGES


def test_calls_in_both_languages_keep_agent_and_customer_apart() -> None:
    calls = [call for call in SAMPLE_CALLS if len(call.roles) == 2]
    assert {call.language for call in calls} == LANGUAGES
    for call in calls:
        assert set(call.roles) == {"agent", "customer"}
        assert {line.channel for line in call.lines} == {0, 1}


def test_silence_and_music_have_no_text_and_no_language() -> None:
    calls = [call for call in SAMPLE_CALLS if call.condition in ("silence", "music")]
    assert len(calls) == 2
    for call in calls:
        assert call.language is None
        assert call.lines == ()


def test_calls_with_two_channels_last_minutes_and_have_long_pauses_and_overlaps() -> None:
    for call in (call for call in SAMPLE_CALLS if len(call.roles) == 2):
        assert 120 <= call.duration_s <= 180
        gaps_s = [after.start_s - before.end_s for before, after in pairwise(call.lines)]
        assert max(gaps_s) > 20
        assert min(gaps_s) < -1.5
        assert sum(gap_s > 0.5 for gap_s in gaps_s) > len(gaps_s) / 2


def test_one_call_lasts_minutes_and_others_longer_than_one_segment() -> None:
    assert max(call.duration_s for call in SAMPLE_CALLS) > 150
    assert sum(call.duration_s > 30 for call in SAMPLE_CALLS) >= 3


def test_sentences_seen_in_training_are_few_and_marked() -> None:
    lines = [line for call in SAMPLE_CALLS for line in call.lines]
    seen = [line for line in lines if not line.held_out]
    assert len(seen) <= 0.1 * len(lines)
    assert {len(call.roles) for call in SAMPLE_CALLS for line in call.lines if not line.held_out} == {2}


def test_ten_minute_call_has_the_lines_where_it_says() -> None:
    call = ten_minute_call("Chinese")
    assert DURATION_S <= len(call.samples) / SAMPLE_RATE < DURATION_S + 190
    assert [line.start_s for line in call.lines] == sorted(line.start_s for line in call.lines)
    for line in call.lines[::10]:
        spoken = call.samples[
            round(line.start_s * SAMPLE_RATE) : round(line.end_s * SAMPLE_RATE), line.channel
        ]
        assert np.sqrt(np.mean((spoken / 32768.0) ** 2)) > 0.01, line.text
