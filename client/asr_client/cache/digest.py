"""Digests for cache keys: of decoded samples, of a file's bytes, and of the code that makes transcripts.

They are cryptographic. Statistics of a signal (mean, deviation, peak) do not identify it: a call that is
played backwards has the same ones.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr_client.audio.decode import open_audio
from asr_client.limits import AudioLimits

_BYTES = 32
_DECODING_LIBRARIES = ("numpy", "soundfile", "soxr", "av")  # other versions may give other segments

# Folders count with all their files. Not here: what carries requests, settings, errors, formats, the cache.
_RECOGNITION_CODE = (
    "asr_client/recognition.py",
    "asr_client/audio",
    "asr_client/segments",
    "asr_client/transcript",
    "asr_client/requests/dispatch.py",
    "asr_client/requests/query_options.py",
    "asr_client/requests/vocabulary.py",
    "asr_client/requests/wire.py",
    "asr_client/conditioning.py",
    "asr_client/languages.py",
    "asr_client/speakers.py",
    "asr_types/finish_reason.py",
    "asr_types/languages.py",
    "asr_types/reading.py",
    "asr_types/roles.py",
    "asr_types/transcript.py",
    "asr_types/warning_code.py",
)


def digest_of_samples(
    audio: str | os.PathLike[str] | NDArray[Any],
    sample_rate: int | None = None,
    limits: AudioLimits | None = None,
) -> str:
    """BLAKE2b over the decoded samples with their rate, channels and number. Raises AudioError.

    Whether a file breaks off is part of it too, since the transcript then carries a warning.
    """
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
    """BLAKE2b over a file's bytes and the ending of its name, which may select a decoder. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_BYTES))
    digest.update(path.suffix.encode(errors="surrogateescape"))
    return digest.hexdigest()


@cache
def digest_of_recognition_code() -> str:
    """BLAKE2b over what turns audio into a transcript: source and data of this client, decoding libraries.

    The source itself is hashed, because a version number that has to be raised by hand would be forgotten.
    """
    digest = hashlib.blake2b(digest_size=_BYTES)
    for path in recognition_code():
        digest.update(path.read_bytes())
    digest.update(soundfile.__libsndfile_version__.encode())
    for name in _DECODING_LIBRARIES:
        digest.update(f"|{name} {_version(name)}".encode())
    return digest.hexdigest()


def recognition_code() -> tuple[Path, ...]:
    """The files, source and data, that decide the transcript of given samples, options and answers."""
    files: list[Path] = []
    for name in _RECOGNITION_CODE:
        path = Path(str(resources.files(name.partition("/")[0]))).parent / name
        files += sorted(path.rglob("*")) if path.is_dir() else [path]
    return tuple(path for path in files if path.is_file() and path.suffix != ".pyc")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"
