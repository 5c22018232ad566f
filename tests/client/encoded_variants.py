"""One recording in every encoding that a contact centre might have: made here, so none is checked in.

python tests/client/encoded_variants.py RECORDING FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # [samples, channels]


@dataclass(frozen=True)
class Sndfile:
    """What libsndfile writes."""

    name: str
    subtype: str
    rate: int = 16_000
    channels: int = 1
    format: str | None = None
    full_scale: bool = False  # a recorder of 8 bit uses them all

    def write(self, path: Path, samples: Samples, rate: int) -> None:
        shaped = at_rate(samples, rate, self.rate, self.channels)
        if self.full_scale:
            shaped = shaped / np.abs(shaped).max()
        with soundfile.SoundFile(
            path, "w", self.rate, self.channels, subtype=self.subtype, format=self.format
        ) as file:
            for start in range(0, len(shaped), self.rate):  # libsndfile's Vorbis encoder overflows on more
                file.write(shaped[start : start + self.rate])


@dataclass(frozen=True)
class Media:
    """What FFmpeg writes, with a small picture where a container is a video's."""

    name: str
    codec: str
    rate: int = 16_000
    channels: int = 1
    bit_rate: int | None = None
    picture: str | None = None

    def write(self, path: Path, samples: Samples, rate: int) -> None:
        shaped = at_rate(samples, rate, self.rate, self.channels)
        with av.open(str(path), "w") as container:
            video = _add_picture(container, self.picture) if self.picture else None
            stream = container.add_stream(self.codec, rate=self.rate)
            stream.layout = "stereo" if self.channels == 2 else "mono"
            if self.bit_rate:
                stream.bit_rate = self.bit_rate
            for frame in _frames(shaped, stream):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            if video is not None:
                container.mux([*video.encode(av.VideoFrame(64, 64, "yuv420p")), *video.encode(None)])


Variant = Sndfile | Media

LOSSLESS = (
    Sndfile("pcm16.wav", "PCM_16"),
    Sndfile("pcm24.wav", "PCM_24"),
    Sndfile("pcm32.wav", "PCM_32"),
    Sndfile("float.wav", "FLOAT"),
    Sndfile("double.wav", "DOUBLE"),
    Sndfile("wave64.w64", "PCM_16"),
    Sndfile("large.rf64", "PCM_16", format="RF64"),
    Sndfile("sun.au", "PCM_16"),
    Sndfile("apple.aiff", "PCM_16"),
    Sndfile("apple.caf", "PCM_16"),
    Sndfile("plain.flac", "PCM_16"),
    Sndfile("deep.flac", "PCM_24"),
    Media("lossless.m4a", "alac"),
    Media("pcm.mov", "pcm_s16le"),
    Media("flac.mkv", "flac"),
)
LOSSY = (
    Sndfile("pcm8.wav", "PCM_U8", full_scale=True),
    Sndfile("ulaw16.wav", "ULAW"),
    Sndfile("ulaw8.wav", "ULAW", 8_000),
    Sndfile("alaw8.wav", "ALAW", 8_000),
    Sndfile("alaw8_two.wav", "ALAW", 8_000, 2),
    Sndfile("gsm.wav", "GSM610", 8_000),
    Sndfile("ima.wav", "IMA_ADPCM", 8_000),
    Sndfile("ms.wav", "MS_ADPCM", 8_000),
    Sndfile("rate8.wav", "PCM_16", 8_000),
    Sndfile("rate11.wav", "PCM_16", 11_025),
    Sndfile("rate22.wav", "PCM_16", 22_050),
    Sndfile("rate32.wav", "PCM_16", 32_000),
    Sndfile("rate44_two.wav", "PCM_16", 44_100, 2),
    Sndfile("rate48.wav", "PCM_16", 48_000),
    Sndfile("rate8_two.flac", "PCM_16", 8_000, 2),
    Sndfile("vorbis.ogg", "VORBIS"),
    Sndfile("vorbis44_two.ogg", "VORBIS", 44_100, 2),
    Sndfile("opus.ogg", "OPUS", 48_000),
    Sndfile("opus16.opus", "OPUS", 16_000, format="OGG"),
    Media("mpeg.mp3", "libmp3lame", bit_rate=64_000),
    Media("mpeg44_two.mp3", "libmp3lame", 44_100, 2, bit_rate=128_000),
    Media("aac.m4a", "aac"),
    Media("aac44_two.m4a", "aac", 44_100, 2),
    Media("stream.aac", "aac"),
    Media("phone.3gp", "libopencore_amrnb", 8_000, bit_rate=12_200),
    Media("phone.amr", "libopencore_amrnb", 8_000, bit_rate=12_200),
    Media("low.amr", "libopencore_amrnb", 8_000, bit_rate=7_950),
    Media("windows.wma", "wmav2", 44_100, bit_rate=64_000),
    Media("windows22.wma", "wmav1", 22_050, bit_rate=32_000),
    Media("browser.webm", "libopus", 48_000),
    Media("browser_two.webm", "libopus", 48_000, 2),
    Media("speech.mka", "libopus", 48_000, bit_rate=16_000),
    Media("mp3.mka", "libmp3lame", 22_050),
    Media("meeting.mp4", "aac", 48_000, 2, picture="mpeg4"),
    Media("meeting.mkv", "libopus", 48_000, picture="mpeg4"),
    Media("screen.avi", "libmp3lame", 44_100, picture="mpeg4"),
    Media("camera.mov", "pcm_alaw", 8_000, picture="mpeg4"),
    Media("broadcast.ts", "aac", 48_000),
    Media("flash.flv", "aac", 44_100),
    Media("adpcm.avi", "adpcm_ms", 16_000),
)
VARIANTS: tuple[Variant, ...] = (*LOSSLESS, *LOSSY)


def at_rate(samples: Samples, rate: int, wanted: int, channels: int) -> Samples:
    """Resampled, and with its first channel in each of two where a recording has one only."""
    shaped = samples if samples.shape[1] == channels else np.repeat(samples[:, :1], channels, axis=1)
    return shaped if rate == wanted else np.asarray(soxr.resample(shaped, rate, wanted), np.float32)


def _add_picture(container: Any, codec: str) -> Any:
    video = container.add_stream(codec, rate=1)
    video.width = video.height = 64
    video.pix_fmt = "yuv420p"
    return video


def _frames(samples: Samples, stream: Any) -> Iterator[Any]:
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    whole = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples.reshape(1, -1), np.float32), format="flt", layout=layout
    )
    whole.sample_rate = stream.rate
    converter = av.AudioResampler(stream.format.name, layout, stream.rate)
    fifo = av.AudioFifo()
    for frame in (*converter.resample(whole), *converter.resample(None)):
        frame.pts = None
        fifo.write(frame)
    size, position = stream.codec_context.frame_size or 1024, 0
    while frame := fifo.read(size, partial=True):
        frame.pts, frame.time_base = position, Fraction(1, stream.rate)
        position += frame.samples
        yield frame


def main(recording: Path, folder: Path) -> None:
    """Writes every variant of `recording`."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    folder.mkdir(parents=True, exist_ok=True)
    for variant in VARIANTS:
        variant.write(folder / variant.name, samples, rate)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
