"""Recordings come back in a form that browsers play."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr_client import ClientError
from asr_web.call.playback import playable
from asr_web.inbox import Recording

DURATION_S = 2.0


def stored(folder: Path, name: str, rate: int, **form: str) -> Recording:
    samples = 0.3 * np.sin(np.arange(int(DURATION_S * rate)) / 20)
    soundfile.write(folder / name, np.stack([samples, samples], axis=1), rate, **form)
    return Recording("0" * 32, name, folder / name)


def test_what_every_browser_plays_is_left_as_it_is(tmp_path: Path) -> None:
    recording = stored(tmp_path, "call.wav", 8000, subtype="PCM_16")
    assert playable(recording) == (str(recording.path), "audio/wav")


@pytest.mark.parametrize(
    ("name", "subtype"), [("call.wav", "ULAW"), ("call.ogg", "VORBIS"), ("call.au", "ALAW")]
)
def test_anything_else_is_played_from_a_copy_of_the_same_length(
    tmp_path: Path, name: str, subtype: str
) -> None:
    recording = stored(tmp_path, name, 8000, subtype=subtype)
    path, media_type = playable(recording)
    copy = soundfile.info(path)
    assert (media_type, copy.format, copy.channels) == ("audio/flac", "FLAC", 2)
    assert copy.duration == pytest.approx(DURATION_S, abs=0.05)
    assert playable(recording) == (path, media_type)
    recording.discard()
    assert not tmp_path.exists()


def test_what_is_no_audio_is_not_played(tmp_path: Path) -> None:
    file = tmp_path / "call.wav"
    file.write_bytes(b"no audio at all")
    with pytest.raises(ClientError):
        playable(Recording("0" * 32, "call.wav", file))
