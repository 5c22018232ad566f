"""Cryptographic digests of audio: of the decoded samples, and of a file's bytes.

Statistics of a signal (mean, deviation, peak) are no identity: played backwards, a call has the same.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

import asr_client
import asr_types
from asr_client.audio.decode import open_audio
from asr_client.limits import AudioLimits

_BYTES = 32
_DECIDING = ("numpy", "soundfile", "soxr", "av")  # other versions may give other segments


def digest_of_samples(
    audio: str | os.PathLike[str] | NDArray[Any],
    sample_rate: int | None = None,
    limits: AudioLimits | None = None,
) -> str:
    """BLAKE2b over the decoded samples with their rate, channels and number; whether a file broke off counts
    too, since its transcript says so. Raises AudioError."""
    digest = hashlib.blake2b(digest_size=_BYTES)
    if isinstance(audio, np.ndarray):
        digest.update(audio.tobytes())
        digest.update(f"|{audio.dtype} {audio.shape} {sample_rate}".encode())
        return digest.hexdigest()
    frames = 0
    with open_audio(Path(audio), limits) as file:
        for block in file.blocks():
            frames += len(block)
            digest.update(block.tobytes())
        digest.update(f"|{file.sample_rate} {file.channels} {frames} {file.truncated}".encode())
    return digest.hexdigest()


def digest_of_file(path: Path) -> str:
    """BLAKE2b over a file's bytes and its ending, which may choose the decoder. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_BYTES))
    digest.update(path.suffix.encode(errors="surrogateescape"))
    return digest.hexdigest()


@cache
def digest_of_client() -> str:
    """What besides model and options decides on a transcript: this code, its data, the decoding libraries.

    The source itself is hashed: a number that has to be raised with each change would be forgotten.
    """
    digest = hashlib.blake2b(digest_size=_BYTES)
    for package in (asr_client, asr_types):
        for folder in package.__path__:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    digest.update(path.read_bytes())
    digest.update(soundfile.__libsndfile_version__.encode())
    for name in _DECIDING:
        digest.update(f"|{name} {_version(name)}".encode())
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"
