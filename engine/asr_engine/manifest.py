"""Manifest of an export: the exporter writes manifest.json, the engine checks it before it serves.

The file lies beside the artifacts: encoder.onnx, decoder.onnx (either may have external data beside it),
embeddings.npy (token embeddings, [vocab, hidden]; absent where the decoder graph looks tokens up itself) and
tokenizer.json.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from asr_engine.errors import ArtifactError

FORMAT = 1
MANIFEST_NAME = "manifest.json"
ENCODER_NAME = "encoder.onnx"
DECODER_NAME = "decoder.onnx"
EMBEDDINGS_NAME = "embeddings.npy"
TOKENIZER_NAME = "tokenizer.json"
FLOAT_TYPES = ("float32", "float16")


class Target(StrEnum):
    """What the graphs are built for: kind of device and precision."""

    CUDA_FP16 = "cuda-fp16"
    CPU_FP32 = "cpu-fp32"
    CPU_INT8 = "cpu-int8"


TARGETS = tuple(target.value for target in Target)


@dataclass(frozen=True, slots=True)
class AudioDims:
    """Dimensions of feature extraction and encoder. Up to `window_frames` mel frames are one encoder row."""

    sample_rate: int  # Hz
    num_mel_bins: int
    n_fft: int  # samples
    hop_length: int  # samples
    min_samples: int  # shorter clips are zero-padded to this, as the reference processor does
    chunk_frames: int  # mel frames convolved together (one second)
    tokens_per_chunk: int
    window_frames: int  # attention never leaves such a window
    hidden_size: int  # of audio_embeds, equals the decoder's


@dataclass(frozen=True, slots=True)
class TextDims:
    """Dimensions of the decoder."""

    num_layers: int
    hidden_size: int
    num_kv_heads: int
    head_dim: int
    vocab_size: int
    max_positions: int  # of the checkpoint; the engine's own limit is in engine.json


@dataclass(frozen=True, slots=True)
class TokenIds:
    """Token ids from the checkpoint's tokenizer and generation config."""

    end_of_text: tuple[int, ...]  # generation stops at any of these
    audio_pad: int
    asr_text: int


@dataclass(frozen=True, slots=True)
class Dtypes:
    """numpy type names of the tensors that go into the graphs or come out."""

    audio_embeds: str
    inputs_embeds: str
    kv_cache: str
    embeddings: str

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value not in FLOAT_TYPES:
                raise ValueError(f"dtypes.{entry.name} is {value!r}; {' or '.join(FLOAT_TYPES)} is needed")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Size and hash of one artifact."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of manifest.json."""

    target: str
    source: str  # directory name or hub id of the checkpoint
    revision: str  # hub commit, or a content hash of a local checkpoint
    layout: str  # "hf" | "official"
    audio: AudioDims
    text: TextDims
    tokens: TokenIds
    dtypes: Dtypes
    languages: dict[str, str]  # code -> name, e.g. {"zh": "Chinese"}
    files: dict[str, FileEntry]
    checked: bool  # False: the graphs could not run on the exporting machine
    parity: dict[str, Any] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    created: str = ""  # UTC, ISO 8601
    format: int = FORMAT

    @property
    def embeds_in_graph(self) -> bool:
        """Whether the decoder graph takes token ids and looks their embeddings up itself."""
        return EMBEDDINGS_NAME not in self.files

    def save(self, directory: Path) -> Path:
        """Write manifest.json into the artifact directory."""
        path = directory / MANIFEST_NAME
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return path


def load_manifest(directory: Path) -> Manifest:
    """Read manifest.json; raises ArtifactError when it is absent, of another format, or incomplete."""
    path = directory / MANIFEST_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no manifest; run 'asr export' first") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        got = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise ArtifactError(f"{path}: manifest format is {got!r}; this version reads {FORMAT}")
    try:
        return _from_dict(data)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: incomplete or unknown entry: {error}") from error


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Check presence, size and sha256 of every artifact; raises ArtifactError at the first mismatch."""
    for name, entry in manifest.files.items():
        path = directory / name
        if not path.is_file():
            raise ArtifactError(f"{path}: listed in the manifest but missing")
        if path.stat().st_size != entry.bytes:
            raise ArtifactError(f"{path}: {path.stat().st_size} bytes; the manifest says {entry.bytes}")
        if sha256_of(path) != entry.sha256:
            raise ArtifactError(f"{path}: content differs from the manifest's sha256")


def describe_file(path: Path) -> FileEntry:
    """The manifest entry of a file as it is now."""
    return FileEntry(bytes=path.stat().st_size, sha256=sha256_of(path))


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_PARTS = {"audio": AudioDims, "text": TextDims, "dtypes": Dtypes}


def _from_dict(data: dict[str, Any]) -> Manifest:
    known = {field.name for field in fields(Manifest)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}")
    values = dict(data)
    for name, part in _PARTS.items():
        values[name] = part(**data[name])
    tokens = dict(data["tokens"])
    values["tokens"] = TokenIds(**{**tokens, "end_of_text": tuple(tokens["end_of_text"])})
    values["files"] = {name: FileEntry(**entry) for name, entry in data["files"].items()}
    return Manifest(**values)
