"""Opens an audio file as a stream of sample blocks; the only module that knows about containers.

libsndfile does the decoding. A file is read in blocks, so its size does not matter here. Whoever adds a
decoder gives it the shape of `AudioFile`.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr_client.errors import AudioUnreadable, CorruptAudio, UnsupportedAudio

logger = logging.getLogger(__name__)

SUPPORTED = "WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF, AU, CAF"

# Small, because a damaged FLAC block takes the whole read with it.
_BLOCK_FRAMES = 8192
# MP3 headers count encoder padding that decoders drop.
_TRUNCATION_TOLERANCE_S = 0.1
_UNRECOGNISED_FORMAT = 1  # SF_ERR_UNRECOGNISED_FORMAT
_STREAMED_WAV_BYTES = 0x7FFF0000  # writers to a pipe put "unknown" sizes from here up to 0xFFFFFFFF

# First bytes of what people try: (offset, magic, what it is).
_FOREIGN = (
    (4, b"ftyp", "MP4/M4A (AAC)"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x30\x26\xb2\x75", "WMA/ASF"),
    (0, b"\x1a\x45\xdf\xa3", "WebM/Matroska"),
    (0, b"FLV", "Flash video"),
    (0, b"\xff\xf1", "raw AAC"),
    (0, b"\xff\xf9", "raw AAC"),
)


class AudioFile:
    """An open file: `sample_rate`, `channels`, then `blocks()` once, then `truncated`. A context manager."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.truncated = False
        self._file = _open(path)
        self.sample_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Consecutive blocks [frames, channels], nominally in [-1, 1].

        Damage behind the first samples ends the stream and sets `truncated`; before them it is CorruptAudio.
        """
        frames = 0
        for block in self._readable_blocks():
            frames += len(block)
            yield block
        missing = self._file.frames - frames
        self.truncated |= missing > _TRUNCATION_TOLERANCE_S * self.sample_rate or _is_cut(
            self._file.extra_info
        )
        if frames == 0 and (self.truncated or self._file.frames):
            raise CorruptAudio(f"{self.name} is damaged or cut short; nothing could be decoded")

    def _readable_blocks(self) -> Iterator[NDArray[np.float32]]:
        while True:
            try:
                block = self._file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                logger.info("%s: decoding stopped: %s", self.name, error)
                self.truncated = True
                return
            if not len(block):
                return
            yield block

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _open(path: Path) -> Any:
    _check_name(path)
    head = _first_bytes(path)
    try:
        return soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: *.raw, taken for headerless samples
        for offset, magic, kind in _FOREIGN:
            if head[offset:].startswith(magic):
                raise UnsupportedAudio(f"{path.name} is {kind}; supported are {SUPPORTED}") from error
        if isinstance(error, TypeError) or error.code == _UNRECOGNISED_FORMAT:
            raise UnsupportedAudio(
                f"{path.name} is not a recognised audio file; supported are {SUPPORTED}"
            ) from error
        raise CorruptAudio(f"{path.name} is damaged or cut short; nothing could be decoded") from error


def _check_name(path: Path) -> None:
    """A name in another encoding opens as a file, but fits into no transcript."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        readable = os.fsencode(path).decode(errors="backslashreplace")
        raise AudioUnreadable(f"{readable} is no UTF-8 file name; rename the file") from error


def _first_bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe could not be read twice, or would block
            raise AudioUnreadable(f"{path} is a pipe or a device; recordings are read from regular files")
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError as error:
        raise AudioUnreadable(f"{path} does not exist") from error
    except IsADirectoryError as error:
        raise AudioUnreadable(f"{path} is a directory, not an audio file") from error
    except OSError as error:
        raise AudioUnreadable(f"{path} cannot be read: {error.strerror}") from error
    if not head:
        raise CorruptAudio(f"{path.name} is empty (0 bytes)")
    return head


def _is_cut(parse_log: str) -> bool:
    """Whether libsndfile noted, while parsing, that the file ends before its header says."""
    declared = re.search(r"^data : (\d+) \(should be (\d+)\)", parse_log, re.MULTILINE)
    if declared:
        return int(declared[2]) < int(declared[1]) < _STREAMED_WAV_BYTES
    return "Last page lacks an end-of-stream bit" in parse_log or "not equal to frame count" in parse_log
