from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from load_clips import MAX_CLIP_S, SAMPLE_RATE, load_clips
from priority_mix import parse_mix


def write(path: Path, seconds: float, rate: int = SAMPLE_RATE, channels: int = 1) -> None:
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, (int(seconds * rate), channels))
    soundfile.write(path, samples, rate)


def test_long_files_are_cut_into_mixed_lengths_and_tiny_remainders_left_out(tmp_path: Path) -> None:
    write(tmp_path / "long.wav", 68.3)
    assert [clip.audio_s for clip in load_clips(tmp_path)] == [4, MAX_CLIP_S, 10, 20, 4]


def test_every_piece_of_a_file_is_sent_once(tmp_path: Path) -> None:
    write(tmp_path / "long.wav", 50.0)
    whole, _ = soundfile.read(tmp_path / "long.wav", dtype="int16")
    sent = np.concatenate([clip.pcm for clip in load_clips(tmp_path)])
    assert np.abs(sent.astype(int) - whole).max() <= 1


def test_each_channel_becomes_clips_at_16_khz(tmp_path: Path) -> None:
    write(tmp_path / "call.wav", 3.0, rate=8000, channels=2)
    clips = load_clips(tmp_path)
    assert [clip.name for clip in clips] == ["call.wav:0@0s", "call.wav:1@0s"]
    assert [(clip.pcm.dtype, len(clip.pcm)) for clip in clips] == [(np.dtype(np.int16), 3 * SAMPLE_RATE)] * 2


def test_files_that_are_not_audio_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "call.wav", 1.0)
    (tmp_path / "references.json").write_text("{}")
    assert len(load_clips(tmp_path)) == 1


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=str(tmp_path)):
        load_clips(tmp_path)


def test_clips_are_grouped_by_length(tmp_path: Path) -> None:
    write(tmp_path / "call.wav", 12.0)
    assert [clip.length_class for clip in load_clips(tmp_path)] == ["<= 5 s", "<= 10 s"]


def test_mix_takes_levels_with_and_without_weights() -> None:
    assert parse_mix("2").levels == (2,)
    assert parse_mix("2:0.8,3:0.2").weights == (0.8, 0.2)


@pytest.mark.parametrize("text", ["", "fast", "0", "4", "2:-1", "2:0", "2:x"])
def test_a_mix_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="priority mix is"):
        parse_mix(text)
