"""Decoding of audio files: each is opened as a stream of sample blocks.

libsndfile decodes the formats that it knows, FFmpeg's libraries (the extra `media`) the others. A file is
read in blocks, so it may be of any size. Its format is told by its content, not by its name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr_client.audio.sndfile import SndfileAudio
from asr_client.errors import AudioError, AudioUnreadable, CorruptAudio, UnsupportedAudio
from asr_client.limits import AudioLimits

_HEAD_BYTES = 64 * 1024
_MEDIA_EXTRA = "needs PyAV: pip install 'qwen3-asr-triton[media]'"

# First bytes of what libsndfile does not know: (offset, magic, what it is).
_FOREIGN = (
    (4, b"ftyp", "MP4/M4A"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x30\x26\xb2\x75", "WMA/ASF"),
    (0, b"\x1a\x45\xdf\xa3", "WebM/Matroska"),
    (0, b"FLV", "Flash video"),
    (0, b"\xff\xf1", "raw AAC"),
    (0, b"\xff\xf9", "raw AAC"),
)
# An ASF object that says the content is encrypted.
_ASF_ENCRYPTION = bytes.fromhex("fbb31122 23bdd211 b4b700a0 c955fc6e")


class Audio(Protocol):
    """Open audio, a context manager. `blocks` may be called once; `truncated` is final after its end."""

    @property
    def name(self) -> str:
        """The file's name in messages."""

    @property
    def sample_rate(self) -> int:
        """Samples per second of the source."""

    @property
    def channels(self) -> int:
        """Number of channels: columns of each block."""

    @property
    def truncated(self) -> bool:
        """Whether the file ends early, or is damaged from some point on."""

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Consecutive blocks [frames, channels], nominally in [-1, 1].

        Damage after the first samples sets `truncated`; without any samples CorruptAudio is raised.
        """

    def __enter__(self) -> Audio: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FileAudio(Audio, Protocol):
    """Audio from a file, which says how long it should be."""

    @property
    def declared_s(self) -> float:
        """Duration according to the file; 0.0 where it does not say."""


def open_audio(path: Path, limits: AudioLimits | None = None) -> FileAudio:
    """Open a file. Raises AudioError for one that cannot be read, is not audio, or is beyond the limits."""
    limits = limits or AudioLimits()
    _check_name(path)
    head = _head(path, limits)
    try:
        audio: FileAudio = SndfileAudio(path)
    except (UnsupportedAudio, CorruptAudio) as error:
        audio = _open_media(path, head, error)
    try:
        limits.check_source(audio.name, audio.sample_rate, audio.channels)
        limits.check_duration(audio.name, audio.declared_s)
    except AudioError:
        audio.__exit__(None, None, None)
        raise
    return audio


def _check_name(path: Path) -> None:
    """A file with a name in another encoding can be opened, but a transcript cannot hold the name."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        readable = os.fsencode(path).decode(errors="backslashreplace")
        raise AudioUnreadable(f"{readable} is no UTF-8 file name; rename the file") from error


def _head(path: Path, limits: AudioLimits) -> bytes:
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # could not be read twice
            raise AudioUnreadable(f"{path} is a pipe or a device; recordings are read from regular files")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise AudioUnreadable(f"{path} does not exist") from error
    except IsADirectoryError as error:
        raise AudioUnreadable(f"{path} is a directory, not an audio file") from error
    except OSError as error:
        raise AudioUnreadable(f"{path} cannot be read: {error.strerror}") from error
    if not head:
        raise CorruptAudio(f"{path.name} is empty (0 bytes)")
    limits.check_size(path.name, status.st_size)
    return head


def _open_media(path: Path, head: bytes, refusal: UnsupportedAudio | CorruptAudio) -> FileAudio:
    """Open with FFmpeg what libsndfile refused. Raises `refusal` where FFmpeg does not know it either."""
    kind = next((kind for offset, magic, kind in _FOREIGN if head[offset:].startswith(magic)), None)
    if kind == "WMA/ASF" and _ASF_ENCRYPTION in head:
        raise UnsupportedAudio(f"{path.name} is protected against copying (DRM)")
    try:
        from asr_client.audio.media import MediaAudio
    except ModuleNotFoundError as error:
        if kind is None:
            raise refusal from error
        raise UnsupportedAudio(f"{path.name} is {kind}; it {_MEDIA_EXTRA}") from error
    audio = MediaAudio.open(path)
    if audio is not None:
        return audio
    if kind is None:
        raise refusal
    raise CorruptAudio(f"{path.name} is {kind}, but damaged or cut short; nothing could be decoded")
