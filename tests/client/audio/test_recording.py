"""Audio in: formats, rates, channels, and everything that is not audio."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_client.audio.recording import load_recording, to_int16
from asr_client.errors import AudioUnreadable, CorruptAudio, InvalidAudio, UnsupportedAudio
from tests.client.client_audio import RATE, speechlike


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_any_rate_becomes_the_same_tone_at_16_khz(rate: int) -> None:
    recording = load_recording(tone(rate), rate)
    assert recording.duration_s == 1.0
    assert recording.source_rate == rate
    assert abs(len(recording.pcm[0]) - RATE) <= 1
    middle = recording.pcm[0][4000:12000] / 32768
    assert np.abs(middle - tone(RATE)[4000:12000]).max() < 2e-3


@pytest.mark.parametrize("rate", [0, -16_000, 100, 7_999, 192_001, 10_000_000])
def test_an_absurd_rate_is_refused(rate: int) -> None:
    with pytest.raises(InvalidAudio, match=f"{rate} Hz; allowed are 8000 to 192000"):
        load_recording(tone(RATE), rate)


def test_a_file_with_an_absurd_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, tone(RATE), 1000)
    with pytest.raises(InvalidAudio, match=r"slow\.wav: sample rate is 1000 Hz"):
        load_recording(path)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "FLOAT"), ("a.wav", "ULAW"), ("a.flac", "PCM_16"),
     ("a.ogg", "VORBIS"), ("a.ogg", "OPUS"), ("a.mp3", "MPEG_LAYER_III"), ("a.aiff", "PCM_16")],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_supported_files_keep_their_length_and_channels(
    tmp_path: Path, name: str, subtype: str, channels: int
) -> None:
    path = tmp_path / name
    sides = [tone(48_000, 2.0), tone(48_000, 2.0, 880.0)]
    soundfile.write(path, np.stack(sides[:channels], axis=1), 48_000, subtype=subtype)
    recording = load_recording(path)
    assert len(recording.pcm) == channels
    assert recording.duration_s == pytest.approx(2.0, abs=0.06)
    assert not recording.truncated
    assert max(np.abs(pcm / 32768).max() for pcm in recording.pcm) == pytest.approx(0.5, abs=0.1)


def test_a_path_may_be_text_or_path_and_non_ascii(tmp_path: Path) -> None:
    path = tmp_path / "通话 录音.wav"
    soundfile.write(path, tone(RATE), RATE)
    assert load_recording(path).name == load_recording(str(path)).name == "通话 录音.wav"


def test_long_files_are_read_in_blocks_without_a_seam(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    noise = speechlike(60, rate=8000)
    soundfile.write(path, noise, 8000, subtype="FLOAT")
    from_file, from_array = load_recording(path).pcm[0], load_recording(noise, 8000).pcm[0]
    assert from_file.shape == from_array.shape
    assert np.abs(from_file.astype(int) - from_array).max() <= 1


@settings(derandomize=True)
@given(st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=50))
def test_pcm_is_the_nearest_step_clipped(values: list[float]) -> None:
    samples = np.array(values, np.float32)
    expected = np.clip(np.rint(samples.astype(np.float64) * 32768), -32768, 32767)
    assert to_int16(samples).tolist() == expected.astype(int).tolist()


def test_int16_at_16_khz_passes_unchanged() -> None:
    pcm = np.random.default_rng(1).integers(-32768, 32768, 700_000).astype(np.int16)
    assert np.array_equal(load_recording(pcm, RATE).pcm[0], pcm)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros(0, np.float32), "shape is (0,)"),
        (np.zeros((0, 2), np.float32), "shape is (0, 2)"),
        (np.zeros((10, 0), np.float32), "shape is (10, 0)"),
        (np.zeros((), np.float32), "shape is ()"),
        (np.zeros((2, 3, 4), np.float32), "shape is (2, 3, 4)"),
        (np.zeros((2, 16000), np.float32), "16000 channels"),
        (np.zeros(100, np.int32), "dtype is int32"),
        (np.zeros(100, np.complex64), "dtype is complex64"),
        (np.array(["a"] * 10), "dtype is <U1"),
        (np.array([0.0, np.nan] * 50, np.float32), "NaN or infinite samples near 0.00 s"),
        (np.append(np.zeros(600_000), np.inf), "NaN or infinite samples near 36.86 s"),
        (np.full(100, 20_000.0), "is 20000; floats lie in [-1, 1]"),
    ],
)
def test_arrays_outside_the_contract_are_refused_by_what_is_wrong(array: np.ndarray, complaint: str) -> None:
    with pytest.raises(InvalidAudio) as caught:
        load_recording(array, RATE)
    assert complaint in str(caught.value)


def test_an_array_needs_its_rate_and_a_file_brings_its_own(tmp_path: Path) -> None:
    with pytest.raises(InvalidAudio, match="needs its sample_rate"):
        load_recording(tone(RATE))
    with pytest.raises(InvalidAudio, match="carries its own"):
        load_recording(tmp_path / "a.wav", RATE)


def test_a_float_file_with_nan_is_refused_by_place(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    samples = tone(RATE, 3.0)
    samples[40_000] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(InvalidAudio, match=r"nan\.wav holds NaN or infinite samples near 2\.\d+ s"):
        load_recording(path)


@pytest.mark.parametrize(
    ("name", "content", "error", "complaint"),
    [
        ("empty.wav", b"", CorruptAudio, "empty (0 bytes)"),
        ("notes.wav", b"these are no samples at all\n" * 20, UnsupportedAudio, "not a recognised audio file"),
        ("noise.mp3", bytes(range(1, 200)) * 40, CorruptAudio, "damaged or cut short"),
        ("headerless.raw", b"\0\1" * 5000, UnsupportedAudio, "not a recognised audio file"),
        ("a.m4a", b"\0\0\0\x20ftypM4A " + b"\0" * 64, CorruptAudio, "is MP4/M4A, but damaged or cut short"),
        ("a.amr", b"#!AMR\n", CorruptAudio, "damaged or cut short"),
        ("a.webm", b"\x1a\x45\xdf\xa3" + b"\0" * 64, CorruptAudio, "is WebM/Matroska, but damaged"),
        ("half.flac", b"fLaC\0\0\0\x22" + b"\0" * 10, CorruptAudio, "damaged or cut short"),
        ("half.ogg", b"OggS\0\2" + b"\0" * 40, CorruptAudio, "damaged or cut short"),
    ],
)
def test_files_that_are_no_audio_are_named_for_what_they_are(
    tmp_path: Path, name: str, content: bytes, error: type[Exception], complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        load_recording(path)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(name)


def test_absent_files_and_directories_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioUnreadable, match=r"gone\.wav does not exist"):
        load_recording(tmp_path / "gone.wav")
    with pytest.raises(AudioUnreadable, match="is a directory"):
        load_recording(tmp_path)


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    with pytest.raises(AudioUnreadable, match=r"pipe\.wav is a pipe or a device; .* regular files"):
        load_recording(pipe)


def test_a_file_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"gespr\xe4ch.wav")
    try:
        path.write_bytes(b"RIFF")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(AudioUnreadable, match=r"gespr\\xe4ch\.wav is no UTF-8 file name; rename the file"):
        load_recording(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(b"RIFF")
    path.chmod(0)
    with pytest.raises(AudioUnreadable, match="cannot be read: Permission denied"):
        load_recording(path)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_a_file_that_breaks_off_gives_what_is_there_and_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, speechlike(20, rate=RATE), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = load_recording(path)
    assert recording.truncated
    assert 5 < recording.duration_s < 12
    assert len(recording.pcm[0]) == pytest.approx(recording.duration_s * RATE, abs=2)


def test_a_wav_with_a_header_and_nothing_behind_it_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(RATE), RATE)
    path.write_bytes(path.read_bytes()[:44])
    with pytest.raises(CorruptAudio, match=r"cut\.wav"):
        load_recording(path)


def test_a_wav_without_samples_holds_none(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    soundfile.write(path, np.zeros(0), RATE)
    with pytest.raises(InvalidAudio, match=r"none\.wav holds no samples"):
        load_recording(path)


def test_a_wav_written_to_a_pipe_with_unknown_length_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "piped.wav"
    soundfile.write(path, tone(RATE), RATE)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    recording = load_recording(path)
    assert (recording.duration_s, recording.truncated) == (1.0, False)


def test_too_many_channels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    soundfile.write(path, np.zeros((100, 9)), RATE)
    with pytest.raises(InvalidAudio, match="9 channels; allowed are 1 to 8"):
        load_recording(path)
