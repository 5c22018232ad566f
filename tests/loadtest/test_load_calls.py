from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from load_clips import Clip
from load_summary import OK, TEXT_DIFFERS
from load_test import LoadTest
from priority_mix import parse_mix

CLIPS = tuple(Clip(f"call.wav:0@{number}s", np.zeros(16000, np.int16)) for number in range(4))


_AsrConnection: Any = object  # the type checker takes an Answering for any class


class Answering(_AsrConnection):
    """A connection that gives the same answer, or the same failure, to everything."""

    def __init__(self, answer: str | InferenceServerException) -> None:
        self._answer = answer

    def transcribe(self, clip: Clip, priority: int, request_id: str = "") -> str:
        if isinstance(self._answer, InferenceServerException):
            raise self._answer
        return self._answer


@pytest.fixture
def load() -> LoadTest:
    references = {clip.name: "hello" for clip in CLIPS}
    return LoadTest("127.0.0.1:1", 1.0, parse_mix("2:3,3:1"), CLIPS, references)


def test_the_expected_text_is_a_success(load: LoadTest) -> None:
    call, error = load.call(Answering("hello"), CLIPS[0], priority=2)
    assert (call.outcome, error) == (OK, None)
    assert load.calls == [call]


def test_another_text_is_a_failure_that_names_the_clip(load: LoadTest) -> None:
    call, error = load.call(Answering("hallo"), CLIPS[0], priority=2)
    assert call.outcome == TEXT_DIFFERS
    assert str(error) == "text differs: call.wav:0@0s"


def test_failures_are_counted_by_grpc_code_without_the_request_id(load: LoadTest) -> None:
    refusal = InferenceServerException("[req-7] Exceeds maximum queue size", "StatusCode.UNAVAILABLE")
    call, error = load.call(Answering(refusal), CLIPS[0], priority=3)
    assert call.outcome == "UNAVAILABLE"
    assert str(error) == "UNAVAILABLE: Exceeds maximum queue size"


def test_each_user_sends_every_clip_before_one_comes_again(load: LoadTest) -> None:
    first_round = list(islice(load.workload(), len(CLIPS)))
    assert {clip.name for clip, _ in first_round} == {clip.name for clip in CLIPS}


def test_two_runs_send_the_same_and_two_users_do_not(load: LoadTest) -> None:
    users = [[(clip.name, priority) for clip, priority in islice(load.workload(), 40)] for _ in range(2)]
    load.users_seen = 0
    again = [(clip.name, priority) for clip, priority in islice(load.workload(), 40)]
    assert users[0] == again
    assert users[0] != users[1]
    assert {priority for _, priority in again} == {2, 3}
