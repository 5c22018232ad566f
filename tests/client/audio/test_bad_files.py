"""Recordings that are not as they should be: a named error, or what could be decoded and a warning."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from asr_client.audio.decode import open_audio
from asr_client.audio.recording import load_recording, open_recording
from asr_client.errors import AudioError, CorruptAudio, InvalidAudio, UnsupportedAudio
from asr_client.limits import AudioLimits
from asr_client.segments.first_pass import run_first_pass
from tests.client.client_audio import RATE, silence, speechlike
from tests.client.encoded_variants import Media, Sndfile

DAMAGED = (
    ("a.m4a", "aac", 16_000),
    ("a.webm", "libopus", 48_000),
    ("a.amr", "libopencore_amrnb", 8_000),
    ("a.wma", "wmav2", 44_100),
)


def encoded(folder: Path, name: str, codec: str, rate: int = 16_000, seconds: float = 20.0) -> Path:
    path = folder / name
    Media(name, codec, rate, bit_rate=64_000 if codec == "wmav2" else None).write(
        path, speechlike(seconds)[:, None], RATE
    )
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("a.webm", "libopus", 48_000), ("a.mkv", "aac", 16_000), ("a.wma", "wmav2", 44_100),
     ("a.flv", "aac", 16_000), ("a.amr", "libopencore_amrnb", 8_000)],
)  # fmt: skip
def test_a_container_that_breaks_off_gives_what_is_there(
    tmp_path: Path, name: str, codec: str, rate: int
) -> None:
    path = encoded(tmp_path, name, codec, rate)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 3])
    recording = load_recording(path)
    assert 7 < recording.duration_s < 13
    assert recording.truncated


def test_an_mp4_without_its_index_is_named(tmp_path: Path) -> None:
    path = encoded(tmp_path, "a.m4a", "aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # the index is written last
    with pytest.raises(CorruptAudio, match=r"a\.m4a is MP4/M4A, but damaged or cut short"):
        load_recording(path)


def test_damage_in_the_middle_keeps_what_follows_at_its_time(tmp_path: Path) -> None:
    path = encoded(tmp_path, "a.mkv", "aac")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = b"\xff" * 3000
    path.write_bytes(content)
    recording = load_recording(path)
    assert recording.duration_s == pytest.approx(20.0, abs=0.3)
    assert recording.truncated


def test_time_that_was_not_recorded_is_silence(tmp_path: Path) -> None:
    """Browsers leave out what is silent, and so do recorders that were paused."""
    path = tmp_path / "paused.mka"
    pcm = (speechlike(2) * 32767).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        for start_s in (0, 5):
            frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, start_s * RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    recording = load_recording(path)
    assert recording.duration_s == pytest.approx(7.0, abs=0.01)
    assert np.abs(recording.pcm[0][int(2.1 * RATE) : int(4.9 * RATE)]).max() == 0
    assert np.abs(recording.pcm[0][5 * RATE :]).max() > 1000


def test_protected_files_are_named_as_such(tmp_path: Path) -> None:
    itunes = encoded(tmp_path, "a.m4a", "aac", seconds=1)
    itunes.write_bytes(itunes.read_bytes().replace(b"mp4a", b"drms"))
    windows = encoded(tmp_path, "b.wma", "wmav2", 44_100, seconds=1)
    content = windows.read_bytes()
    key = bytes.fromhex("fbb31122 23bdd211 b4b700a0 c955fc6e")
    windows.write_bytes(content[:30] + key + content[30:])
    for path in (itunes, windows):
        with pytest.raises(UnsupportedAudio, match=rf"{path.name} is protected against copying \(DRM\)"):
            load_recording(path)


def test_a_video_without_sound_is_named(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=1)
        video.width = video.height = 64
        container.mux([*video.encode(av.VideoFrame(64, 64, "yuv420p")), *video.encode(None)])
    with pytest.raises(UnsupportedAudio, match=r"silent\.mp4 holds no audio"):
        load_recording(path)


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "secret.wav", silence(1), RATE)
    playlist = tmp_path / "call.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnsupportedAudio, match="not a recognised audio file"):
        load_recording(playlist)


def test_without_pyav_its_formats_are_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded(tmp_path, "a.m4a", "aac", seconds=1)
    monkeypatch.setitem(sys.modules, "asr_client.audio.media", None)
    with pytest.raises(UnsupportedAudio, match=r"a\.m4a is MP4/M4A; it needs PyAV: pip install .*\[media\]"):
        load_recording(path)
    (tmp_path / "a.txt").write_text("no audio at all")
    with pytest.raises(UnsupportedAudio, match="not a recognised audio file"):
        load_recording(tmp_path / "a.txt")


def test_ten_hours_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "day.wav"
    with path.open("wb") as file:
        soundfile.write(file, np.zeros(1), 8_000, format="WAV")
    content = bytearray(path.read_bytes())
    size = 36_000 * 8_000 * 2
    content[4:8], content[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(content)
    os.truncate(path, size + 44)  # sparse
    with pytest.raises(InvalidAudio, match=r"day\.wav is longer than 8 h"):
        open_audio(path)


def test_a_file_that_hides_its_length_is_refused_while_it_is_decoded() -> None:
    limits = AudioLimits(max_duration_s=10.0)
    recording = open_recording(silence(11), RATE, limits)
    with pytest.raises(InvalidAudio, match="array is longer than"), recording.open() as reading:
        list(reading.blocks())


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, silence(1), RATE)
    with pytest.raises(InvalidAudio, match=r"a\.wav has 32044 bytes; allowed are 1000"):
        open_audio(path, AudioLimits(max_bytes=1000))


@pytest.mark.parametrize(
    ("variant", "complaint"),
    [
        (Sndfile("slow.wav", "PCM_16", 1), "sample rate is 1 Hz; allowed are 8000 to 192000"),
        (Sndfile("fast.wav", "PCM_16", 1_000_000), "sample rate is 1000000 Hz"),
        (Sndfile("many.wav", "PCM_16", 8_000, 64), "64 channels; allowed are 1 to 8"),
    ],
)
def test_absurd_rates_and_channels_are_refused(tmp_path: Path, variant: Sndfile, complaint: str) -> None:
    path = tmp_path / variant.name
    soundfile.write(path, np.zeros((100, variant.channels)), variant.rate)
    with pytest.raises(InvalidAudio, match=complaint):
        load_recording(path)


def test_one_sample_is_a_recording_without_speech() -> None:
    found = run_first_pass(open_recording(np.full(1, 0.5, np.float32), RATE))
    assert found.channels[0].speech.spans == ()


def test_speech_that_is_clipped_to_a_square_is_found_and_measured() -> None:
    square = np.sign(speechlike(5)).astype(np.float32)
    (channel,) = run_first_pass(open_recording(square, RATE)).channels
    assert channel.level.clipped_share > 0.9
    assert sum(len(span) for span in channel.speech.spans) > 3 * RATE


def test_reading_a_damaged_file_says_nothing_outside_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = encoded(tmp_path, "a.webm", "libopus", 48_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with caplog.at_level(logging.WARNING):
        load_recording(path)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_ends_in_a_recording_or_a_named_error(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    name, codec, rate = DAMAGED[seed % len(DAMAGED)]
    path = encoded(tmp_path, name, codec, rate, seconds=3)
    content = bytearray(path.read_bytes())
    for position in rng.integers(0, len(content), 40):
        content[position] = rng.integers(0, 256)
    path.write_bytes(content)
    outcome = duration_or_error(path)
    assert 0 < outcome < 700 if isinstance(outcome, float) else str(outcome).startswith(name)


def duration_or_error(path: Path) -> float | AudioError:
    try:
        return load_recording(path).duration_s
    except AudioError as error:
        return error
