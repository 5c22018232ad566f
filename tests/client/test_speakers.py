"""Speakers of a single channel from another tool's turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asr_client import AsrClient
from asr_client.errors import InvalidOption
from asr_client.speakers import SpeakerTurn
from asr_client.turns_file import read_turns
from tests.client.client_audio import RATE, silence, speechlike
from tests.client.scripted_server import Reply, ScriptedServer

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]

RTTM = """SPKR-INFO call 1 <NA> <NA> <NA> unknown A <NA> <NA>
SPEAKER call 1 0.50 3.00 <NA> <NA> A <NA> <NA>
SPEAKER call 1 2.80 2.20 <NA> <NA> B <NA> <NA>

SPEAKER call 1 6.00 1.50 <NA> <NA> A <NA> <NA>
"""
TURNS = (
    SpeakerTurn(0.5, 3.5, "A", "agent"),
    SpeakerTurn(2.8, 5.0, "B", "customer"),
    SpeakerTurn(6.0, 7.5, "A", "agent"),
)


def conversation() -> np.ndarray:
    parts = [silence(0.5), speechlike(4.5), silence(1), speechlike(1.5, seed=2), silence(1)]
    return np.concatenate(parts)


def test_rttm_and_json_give_the_same_turns(tmp_path: Path) -> None:
    rttm, document = tmp_path / "a.rttm", tmp_path / "a.json"
    rttm.write_text(RTTM)
    document.write_text(
        '[{"start_s": 0.5, "end_s": 3.5, "speaker": "A", "role": "agent"},'
        '{"start_s": 2.8, "end_s": 5.0, "speaker": "B", "role": "customer"},'
        '{"start_s": 6, "end_s": 7.5, "speaker": "A", "role": "agent"}]'
    )
    assert read_turns(rttm, {"A": "agent", "B": "customer"}) == read_turns(document) == TURNS


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "holds no turns"),
        ("SPEAKER call 1 0.5", "line 1: 4 fields; expected 8 or more"),
        ("SPEAKER call 1 x 1 <NA> <NA> A", "line 1: could not convert"),
        ("SPEAKER call 1 5 -1 <NA> <NA> A", "line 1: a turn of 'A' runs from 5.0 to 4.0 s"),
        ("[{]", "is not JSON"),
        ('[{"start_s": 1}]', "entry 1: expected start_s, end_s and speaker"),
        ('[{"start_s": 1, "end_s": 2, "speaker": "A", "role": "boss"}]', "entry 1: role is 'boss'"),
        ('[{"start_s": 1, "end_s": NaN, "speaker": "A"}]', "entry 1: a turn of 'A'"),
    ],
)
def test_files_that_are_neither_are_refused_by_line(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "turns"
    path.write_text(content)
    with pytest.raises(InvalidOption) as caught:
        read_turns(path)
    assert complaint in str(caught.value)


def test_roles_of_speakers_who_do_not_exist_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    path.write_text(RTTM)
    with pytest.raises(InvalidOption, match="has no speaker 'C'"):
        read_turns(path, {"C": "agent"})
    with pytest.raises(InvalidOption, match="cannot be read"):
        read_turns(tmp_path / "gone.rttm")


def test_turns_become_the_speakers_of_one_channel_and_overlaps_stay(serve: Serve, connect: Connect) -> None:
    server = serve(lambda request: Reply(text=f"第{len(request.pcm)}"))
    transcript = connect(server.address).transcribe(conversation(), sample_rate=RATE, turns=TURNS)
    assert [channel.role for channel in transcript.channels] == ["agent", "customer"]
    spoken = [(transcript.role_of(s.channel), s.start_s, s.end_s) for s in transcript.segments]
    assert [role for role, _, _ in spoken] == ["agent", "customer", "agent"]
    for (_, start_s, end_s), turn in zip(spoken, TURNS, strict=True):
        assert start_s == pytest.approx(turn.start_s, abs=0.001)
        assert end_s == pytest.approx(turn.end_s, abs=0.001)
    assert spoken[1][1] < spoken[0][2]  # both are heard where they spoke at once
    assert [span.start_s for span in transcript.channels[0].speech] == [0.5, 6.0]
    assert transcript.warnings == ()


def test_speech_in_nobodys_turn_is_warned_about(serve: Serve, connect: Connect) -> None:
    transcript = connect(serve().address).transcribe(conversation(), sample_rate=RATE, turns=TURNS[2:])
    (warning,) = transcript.warnings
    assert warning.code == "speech_outside_turns"
    assert warning.message.startswith("4.")


def test_turns_of_one_speaker_that_overlap_are_one_and_those_behind_the_end_are_left_out(
    serve: Serve, connect: Connect
) -> None:
    turns = [
        SpeakerTurn(0.5, 3, "A"),
        SpeakerTurn(2, 5, "A"),
        SpeakerTurn(6, 99, "A"),
        SpeakerTurn(98, 99, "A"),
    ]
    transcript = connect(serve().address).transcribe(conversation(), sample_rate=RATE, turns=turns)
    assert [(span.start_s, span.end_s) for span in transcript.channels[0].speech] == [(0.5, 5.0), (6.0, 8.5)]


def test_turns_for_two_channels_and_two_roles_for_a_speaker_are_refused(
    serve: Serve, connect: Connect
) -> None:
    client = connect(serve().address)
    stereo = np.stack([conversation(), conversation()[::-1]], axis=1)
    with pytest.raises(InvalidOption, match="turns are for one channel; array has 2"):
        client.transcribe(stereo, sample_rate=RATE, turns=TURNS)
    torn = [SpeakerTurn(0, 1, "A", "agent"), SpeakerTurn(2, 3, "A", "customer")]
    with pytest.raises(InvalidOption, match="'A' has the roles agent, customer"):
        client.transcribe(conversation(), sample_rate=RATE, turns=torn)
