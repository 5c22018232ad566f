"""Audio files that FFmpeg's libraries decode. The only module that imports PyAV.

Only container formats of recordings are opened. FFmpeg would also follow playlists, which name other files
and addresses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from asr_client.errors import CorruptAudio, UnsupportedAudio

logger = logging.getLogger(__name__)

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,amr,amrnb,amrwb,asf,aac,avi,flv,mpegts,mpeg,mp3,ogg,flac,wav,w64,"
    "aiff,au,caf,gsm,ac3,eac3"
)
_PROTECTED_TAGS = ("drms", "enca")
_TRUNCATION_TOLERANCE_S = 0.5
# A gap between these lengths was not recorded. Shorter ones are rounding, longer ones wrong time stamps.
_SHORTEST_GAP_S = 0.1
_LONGEST_GAP_S = 600.0


class MediaAudio:
    """The first audio stream of an open file, as `decode.FileAudio` describes it."""

    @classmethod
    def open(cls, path: Path) -> MediaAudio | None:
        """None when FFmpeg does not know the file. Raises UnsupportedAudio, CorruptAudio."""
        try:
            # Without "file:", FFmpeg would take the "12" of "12:30.m4a" for a protocol.
            container = av.open(
                f"file:{path}", options={"format_whitelist": _FORMATS}, metadata_errors="replace"
            )
        except (FFmpegError, ValueError) as error:
            logger.info("%s: FFmpeg does not open it: %s", path.name, error)
            return None
        try:
            return cls(path.name, container)
        except BaseException:
            container.close()
            raise

    def __init__(self, name: str, container: Any) -> None:
        self.name = name
        self.truncated = False
        self._container = container
        self._stream = _audio_stream(name, container)
        self._frames = self._decoded_frames()
        # The rate is that of the first frame: AAC may double the one that the container names.
        first = next(self._frames, None)
        if first is None:
            raise CorruptAudio(f"{name} is damaged or cut short; nothing could be decoded")
        self._first: Any = first
        self.sample_rate = int(self._first.sample_rate)
        self.channels = int(self._first.layout.nb_channels)
        self._form: tuple[str, str, int] | None = None
        self._converter: Any = None

    @property
    def declared_s(self) -> float:
        """Duration according to the container; 0.0 for raw streams and AVI, whose values are estimates."""
        form = self._container.format
        if form.name == "avi" or "raw" in form.long_name.lower():
            return 0.0
        if self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        return float((self._container.duration or 0) / av.time_base)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """As in `decode.Audio`. Where time stamps leave a gap, there is silence."""
        position = 0
        began_s = self._first.time or 0.0
        for frame in self._all_frames():
            gap = self._gap(frame, began_s, position)
            for start in range(0, gap, self.sample_rate):
                yield np.zeros((min(self.sample_rate, gap - start), self.channels), np.float32)
            block = self._samples(frame)
            position += gap + len(block)
            yield block
        missing_s = self.declared_s - position / self.sample_rate
        self.truncated |= missing_s > _TRUNCATION_TOLERANCE_S

    def _all_frames(self) -> Iterator[Any]:
        yield self._first
        yield from self._frames

    def _decoded_frames(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError as error:
                self._note_damage(error)
                return
            if packet is None:
                return
            try:
                yield from packet.decode()
            except FFmpegError as error:  # the next packet may be whole
                self._note_damage(error)

    def _note_damage(self, error: FFmpegError) -> None:
        if not isinstance(error, EOFError):
            logger.info("%s: damaged: %s", self.name, error)
            self.truncated = True

    def _gap(self, frame: Any, began_s: float, position: int) -> int:
        """Samples of silence before a frame."""
        if frame.time is None:
            return 0
        gap_s = frame.time - began_s - position / self.sample_rate
        return round(gap_s * self.sample_rate) if _SHORTEST_GAP_S < gap_s < _LONGEST_GAP_S else 0

    def _samples(self, frame: Any) -> NDArray[np.float32]:
        """The samples of a frame [samples, channels], converted to the stream's first rate and layout."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            self._form = form
            self._converter = av.AudioResampler("fltp", self._first.layout, self.sample_rate)
        planes = [part.to_ndarray() for part in self._converter.resample(frame)]
        if not planes:
            return np.zeros((0, self.channels), np.float32)
        return np.ascontiguousarray(np.concatenate(planes, axis=1).T, np.float32)

    def __enter__(self) -> MediaAudio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()


def _audio_stream(name: str, container: Any) -> Any:
    if not container.streams.audio:
        raise UnsupportedAudio(f"{name} holds no audio")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise UnsupportedAudio(f"{name} is in a codec that is not decoded here")
    if stream.codec_context.codec_tag in _PROTECTED_TAGS:
        raise UnsupportedAudio(f"{name} is protected against copying (DRM)")
    return stream
