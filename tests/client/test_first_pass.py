"""The first pass: what it measures, what it keeps, and that the second pass finds the same samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr_client.audio.recording import load_recording, open_recording
from asr_client.errors import CorruptAudio
from asr_client.segments.first_pass import MAX_KEPT_BYTES, FirstPass, run_first_pass
from asr_client.segments.segment_audio import segment_audio
from asr_client.segments.segmentation import AudioSegment
from tests.client.client_audio import RATE, silence, speechlike, utterances


def first_pass_over(audio: Path | np.ndarray, max_kept_bytes: int = MAX_KEPT_BYTES) -> FirstPass:
    rate = RATE if isinstance(audio, np.ndarray) else None
    return run_first_pass(open_recording(audio, rate), max_kept_bytes)


def test_a_mono_call_stored_as_stereo_is_one_channel_even_through_a_codec(tmp_path: Path) -> None:
    path = tmp_path / "both.mp3"
    speech = speechlike(3)
    soundfile.write(path, np.stack([speech, speech], axis=1), RATE)
    found = first_pass_over(path)
    assert (len(found.channels), found.merged_channels) == (1, True)


def test_two_speakers_stay_two_channels() -> None:
    stereo = np.stack([speechlike(3, seed=1), speechlike(3, seed=2)], axis=1)
    assert len(first_pass_over(stereo).channels) == 2
    with_crosstalk = stereo + 0.5 * stereo[:, ::-1]
    assert len(first_pass_over(with_crosstalk).channels) == 2


@pytest.mark.parametrize("kept_bytes", [0, MAX_KEPT_BYTES])
def test_the_second_pass_gives_the_samples_of_the_first(tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "call.flac"
    stereo = np.stack([utterances(8), np.roll(utterances(8), RATE)], axis=1)
    soundfile.write(path, stereo, RATE)
    found = first_pass_over(path, kept_bytes)
    assert (found.kept is None) == (kept_bytes == 0)
    whole = load_recording(path).pcm
    # Segments of two channels, in order of their start but not of where their audio begins.
    segments = [
        AudioSegment(0, 5_000, 60_000, column=0),
        AudioSegment(1, 61_000, 90_000, column=1, lead=16_000, tail=500),
        AudioSegment(0, 61_500, 62_000, column=0),
        AudioSegment(1, 300_000, 300_001, column=1),
    ]
    for segment, pcm in zip(segments, segment_audio(found, segments), strict=True):
        assert np.array_equal(pcm, whole[segment.column][segment.sent_from : segment.sent_to])


def test_a_file_that_shrinks_between_the_passes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, utterances(4), RATE)
    found = first_pass_over(path, max_kept_bytes=0)
    soundfile.write(path, silence(1), RATE)
    with pytest.raises(CorruptAudio, match=r"call\.wav became shorter"):
        list(segment_audio(found, [AudioSegment(0, 20_000, 40_000)]))
