"""A recording in a form that every browser plays."""

from __future__ import annotations

import numpy as np
import soundfile

from asr_client.recording import SAMPLE_RATE, load_recording
from asr_web.inbox import Recording

# Everything else is decoded by the client and kept as FLAC.
_PLAYABLE = {
    ("WAV", "PCM_16"): "audio/wav",
    ("MP3", "MPEG_LAYER_III"): "audio/mpeg",
    ("FLAC", "PCM_16"): "audio/flac",
}
_BLOCK_FRAMES = 1 << 18


def playable(recording: Recording) -> tuple[str, str]:
    """Path and media type; makes a copy the first time where one is needed. Raises AudioError."""
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


def _convert(recording: Recording, path: object) -> None:
    channels = load_recording(recording.path).pcm
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, len(channels), subtype="PCM_16", format="FLAC") as file:
        for start in range(0, len(channels[0]), _BLOCK_FRAMES):
            file.write(np.stack([channel[start : start + _BLOCK_FRAMES] for channel in channels], axis=1))
