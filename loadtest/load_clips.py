"""Clips that a load test sends: every audio file of a folder, cut into pieces of mixed lengths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz, what the model takes
MAX_CLIP_S = 30.0  # the server's limit for one request
MIN_CLIP_S = 0.5  # a shorter remainder of a file is not sent
CUTS_S = (4.0, MAX_CLIP_S, 10.0, 20.0)  # lengths of consecutive pieces: a mix from any recording
AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})
LENGTH_CLASSES_S = (5, 10, 20, 30)  # how requests are grouped in the report


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of one channel. The name is stable between runs over the same files."""

    name: str
    pcm: NDArray[np.int16]  # [samples], 16 kHz mono

    @property
    def audio_s(self) -> float:
        """Duration in seconds."""
        return len(self.pcm) / SAMPLE_RATE

    @property
    def length_class(self) -> str:
        """Upper bound of the clip's duration class, e.g. `<= 10 s`."""
        bound = next((bound for bound in LENGTH_CLASSES_S if self.audio_s <= bound), LENGTH_CLASSES_S[-1])
        return f"<= {bound} s"


def load_clips(folder: Path) -> tuple[Clip, ...]:
    """Load all clips of a folder in order of file name. Raises ValueError when there are none."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    clips = tuple(clip for path in files for clip in _clips_of(path))
    if not clips:
        suffixes = " ".join(sorted(AUDIO_SUFFIXES))
        raise ValueError(f"{folder}: no audio of at least {MIN_CLIP_S} s found; looked for {suffixes}")
    return clips


def _clips_of(path: Path) -> Iterator[Clip]:
    for channel, pcm in enumerate(channels_of(path)):
        for start_s, piece in _pieces(pcm):
            yield Clip(f"{path.name}:{channel}@{start_s:g}s", piece)


def channels_of(path: Path) -> list[NDArray[np.int16]]:
    """PCM of each channel of an audio file, [samples], 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)  # [samples, channels] f32
    return [_to_pcm(samples[:, channel], rate) for channel in range(samples.shape[1])]


def _to_pcm(samples: NDArray[np.float32], rate: int) -> NDArray[np.int16]:
    resampled = samples if rate == SAMPLE_RATE else soxr.resample(samples, rate, SAMPLE_RATE)
    pcm: NDArray[np.int16] = np.clip(np.rint(resampled * 32767), -32768, 32767).astype(np.int16)
    return pcm


def _pieces(pcm: NDArray[np.int16]) -> Iterator[tuple[float, NDArray[np.int16]]]:
    start = 0
    for cut_s in itertools.cycle(CUTS_S):
        piece = pcm[start : start + int(cut_s * SAMPLE_RATE)]
        if len(piece) < MIN_CLIP_S * SAMPLE_RATE:
            return
        yield start / SAMPLE_RATE, piece
        start += len(piece)
