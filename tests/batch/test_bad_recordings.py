"""Every kind of bad recording through `asr batch` at once: each has its documented outcome, alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from asr_types.transcript import transcript_from_dict
from tests.batch.batch_calls import RATE, speech
from tests.client.encoded_variants import Media
from tests.client.scripted_server import ScriptedServer

Serve = Callable[..., ScriptedServer]
Run = Callable[..., tuple[int, str]]
MUSIC = Path(__file__).resolve().parents[2] / "demo" / "calls" / "music.ogg"

REFUSED = {
    "empty.wav": ("CorruptAudio", "empty.wav is empty (0 bytes)"),
    "header.wav": ("CorruptAudio", "header.wav is damaged or cut short; nothing could be decoded"),
    "index.m4a": ("CorruptAudio", "index.m4a is MP4/M4A, but damaged or cut short; nothing could be decoded"),
    "text.wav": ("UnsupportedAudio", "text.wav is not a recognised audio file"),
    "drm.m4a": ("UnsupportedAudio", "drm.m4a is protected against copying (DRM)"),
    "day.wav": ("InvalidAudio", "day.wav is longer than 8 h (limit max-duration); split it first"),
    "channels.wav": ("InvalidAudio", "channels.wav has 64 channels; allowed are 1 to 8 (limit max-channels)"),
    "hertz.wav": ("InvalidAudio", "sample rate is 1 Hz; allowed are 8000 to 192000 Hz (limit min-rate)"),
    "megahertz.wav": ("InvalidAudio", "allowed are 8000 to 192000 Hz (limit max-rate)"),
    "nan.wav": ("InvalidAudio", "nan.wav holds NaN or infinite samples near 0.00 s"),
    "loop.wav": ("AudioUnreadable", "loop.wav cannot be read: Too many levels of symbolic links"),
}  # fmt: skip
# Whether there is speech, and the warnings.
TRANSCRIBED = {
    "broken.wav": (True, ["truncated_file"]),
    "broken.flac": (True, ["truncated_file"]),
    "flac.mp3": (True, []),
    "square.wav": (True, ["clipped_audio"]),
    "sample.wav": (False, []),
    "silence.wav": (False, []),
    "noise.wav": (False, []),
    "music.ogg": (False, []),
}


def write_refused(folder: Path) -> None:
    (folder / "empty.wav").touch()
    soundfile.write(folder / "header.wav", speech(), RATE)
    os.truncate(folder / "header.wav", 44)
    (folder / "text.wav").write_text("no audio at all")
    for name in ("drm.m4a", "index.m4a"):
        Media(name, "aac", RATE).write(folder / name, speech()[:, None], RATE)
    locked = (folder / "drm.m4a").read_bytes()
    (folder / "drm.m4a").write_bytes(locked.replace(b"mp4a", b"drms"))
    os.truncate(folder / "index.m4a", (folder / "index.m4a").stat().st_size // 2)
    write_day(folder / "day.wav")
    soundfile.write(folder / "channels.wav", np.zeros((100, 64)), RATE)
    soundfile.write(folder / "hertz.wav", np.zeros(100), 1)
    soundfile.write(folder / "megahertz.wav", np.zeros(100), 1_000_000)
    soundfile.write(folder / "nan.wav", np.full(100, np.nan), RATE, subtype="FLOAT")
    (folder / "loop.wav").symlink_to("loop.wav")


def write_day(path: Path) -> None:
    """Ten hours in a file without content."""
    soundfile.write(path, np.zeros(1), 8_000)
    content = bytearray(path.read_bytes())
    size = 10 * 3600 * 8_000 * 2
    content[4:8], content[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(content)
    os.truncate(path, size + 44)


def write_transcribed(folder: Path) -> None:
    for name in ("broken.wav", "broken.flac"):
        soundfile.write(folder / name, speech(3), RATE)
        os.truncate(folder / name, (folder / name).stat().st_size * 2 // 3)
    soundfile.write(folder / "flac.mp3", speech(), RATE, format="FLAC")
    soundfile.write(folder / "square.wav", np.sign(speech()), RATE)
    soundfile.write(folder / "sample.wav", np.full(1, 0.5), RATE)
    soundfile.write(folder / "silence.wav", np.zeros(3 * RATE), RATE)
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    soundfile.write(folder / "noise.wav", noise, RATE)
    shutil.copy(MUSIC, folder / "music.ogg")


def test_every_bad_recording_has_its_documented_outcome_and_stops_no_other(
    serve: Serve, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad").mkdir()
    write_refused(tmp_path / "bad")
    write_transcribed(tmp_path / "bad")
    status, err = run("batch", "bad", "--out", "out", "--address", serve().address)
    assert (status, "Traceback" in err) == (1, False)
    listed = [json.loads(line) for line in (tmp_path / "out" / "failures.jsonl").read_text().splitlines()]
    failed = {Path(row["id"]).name: (row["error"], row["reason"]) for row in listed}
    assert failed.keys() == REFUSED.keys()
    for name, (error, reason) in REFUSED.items():
        assert failed[name][0] == error
        assert failed[name][1].endswith(reason)
    outcomes = {}
    for path in (tmp_path / "out" / "bad").iterdir():
        transcript = transcript_from_dict(json.loads(path.read_text(encoding="utf-8")))
        warnings = [warning.code for warning in transcript.warnings]
        outcomes[path.stem] = (bool(transcript.segments), warnings)
    assert outcomes == TRANSCRIBED
