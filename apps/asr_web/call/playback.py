"""Playback copy of a recording, in a format that every browser plays."""

from __future__ import annotations

from pathlib import Path

import soundfile

from asr_client.audio.recording import SAMPLE_RATE, open_recording
from asr_web.inbox import Recording

# Other formats are decoded by the client and kept as FLAC.
_PLAYABLE = {
    ("WAV", "PCM_16"): "audio/wav",
    ("MP3", "MPEG_LAYER_III"): "audio/mpeg",
    ("FLAC", "PCM_16"): "audio/flac",
}


def playable(recording: Recording) -> tuple[str, str]:
    """Path and media type of a playable file. A copy, where one is needed, is made on the first call.

    Raises AudioError.
    """
    kind = _media_type(recording)
    if kind is not None:
        return str(recording.path), kind
    copy = recording.path.with_name("playable.flac")
    with recording.converting:
        if not copy.exists():
            _convert(recording, copy.with_suffix(".part"))
            copy.with_suffix(".part").rename(copy)
    return str(copy), "audio/flac"


def _media_type(recording: Recording) -> str | None:
    try:
        info = soundfile.info(recording.path)
    except soundfile.LibsndfileError:
        return None
    return _PLAYABLE.get((info.format, info.subtype))


def _convert(recording: Recording, path: Path) -> None:
    with (
        open_recording(recording.path).open() as reading,
        soundfile.SoundFile(
            path, "w", SAMPLE_RATE, reading.channels, subtype="PCM_16", format="FLAC"
        ) as file,
    ):
        for block in reading.blocks():
            file.write(block)
