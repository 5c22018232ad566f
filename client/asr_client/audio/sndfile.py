"""Audio files that libsndfile decodes: WAV and its relatives, FLAC, Ogg, MP3."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr_client.errors import CorruptAudio, UnsupportedAudio

logger = logging.getLogger(__name__)

# Small, because a damaged FLAC block makes the whole read fail.
_BLOCK_FRAMES = 8192
# MP3 headers count encoder padding that decoders drop.
_TRUNCATION_TOLERANCE_S = 0.1
_UNRECOGNISED_FORMAT = 1  # SF_ERR_UNRECOGNISED_FORMAT
_STREAMED_WAV_BYTES = 0x7FFF0000  # writers to a pipe put "unknown" sizes from here up to 0xFFFFFFFF


class SndfileAudio:
    """An open file, as `decode.FileAudio` describes it."""

    def __init__(self, path: Path) -> None:
        """Raises UnsupportedAudio or CorruptAudio."""
        self.name = path.name
        self.truncated = False
        self._file = _open(path)
        self.sample_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)

    @property
    def declared_s(self) -> float:
        """Seconds according to the header; 0 where it cannot say."""
        frames = int(self._file.frames)
        return 0.0 if _is_streamed(self._file.extra_info) else frames / max(self.sample_rate, 1)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """As in `decode.Audio`."""
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

    def __enter__(self) -> SndfileAudio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _open(path: Path) -> Any:
    try:
        return soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: *.raw, taken for headerless samples
        if isinstance(error, TypeError) or error.code == _UNRECOGNISED_FORMAT:
            raise UnsupportedAudio(f"{path.name} is not a recognised audio file") from error
        raise CorruptAudio(f"{path.name} is damaged or cut short; nothing could be decoded") from error


def _is_cut(parse_log: str) -> bool:
    """Whether libsndfile found, while parsing, that the file ends earlier than its header says."""
    declared = _DATA_SIZES.search(parse_log)
    if declared:
        return int(declared[2]) < int(declared[1]) < _STREAMED_WAV_BYTES
    return "Last page lacks an end-of-stream bit" in parse_log or "not equal to frame count" in parse_log


def _is_streamed(parse_log: str) -> bool:
    declared = _DATA_SIZES.search(parse_log)
    return declared is not None and int(declared[1]) >= _STREAMED_WAV_BYTES


_DATA_SIZES = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
