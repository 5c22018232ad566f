"""Source of a checkpoint: a local directory, or the hub. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr_export.errors import CheckpointNotFound, CheckpointUnreadable

_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.jinja"]


@dataclass(frozen=True, slots=True)
class Source:
    """Files of a checkpoint on this machine. `revision` is a hub commit or a hash over local files."""

    directory: Path
    name: str
    revision: str


def find_source(checkpoint: str, revision: str | None = None) -> Source:
    """Find a local directory, or else download a hub id; `revision` is a branch, tag or commit of the hub.

    Without a network the hub's local cache is used. Raises CheckpointNotFound.
    """
    directory = Path(checkpoint).expanduser()
    if directory.is_dir():
        if revision is not None:
            raise CheckpointNotFound(f"{checkpoint} is a local directory; a revision applies to hub ids only")
        return Source(directory, name=directory.resolve().name, revision=content_hash(directory))
    snapshot = _download(checkpoint, revision)
    return Source(snapshot, name=checkpoint, revision=snapshot.name)


def content_hash(directory: Path) -> str:
    """SHA-256 over the names and contents of a checkpoint's files; changes with any of them."""
    digest = hashlib.sha256()
    names = {path for pattern in _PATTERNS for path in directory.glob(pattern)}
    for path in sorted(names):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file of the checkpoint. Raises CheckpointUnreadable."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointUnreadable(f"{path}: missing from the checkpoint") from error
    except (OSError, ValueError) as error:
        raise CheckpointUnreadable(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointUnreadable(f"{path}: expected a JSON object, got {type(data).__name__}")
    return data


def _download(checkpoint: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(checkpoint, revision=revision, allow_patterns=_PATTERNS))
    except HFValidationError as error:
        raise CheckpointNotFound(f"{checkpoint}: no such directory, and not a hub id (owner/name)") from error
    except (OSError, ValueError) as error:  # base classes of all the hub's network and cache errors
        reason = " ".join(str(error).split())
        raise CheckpointNotFound(f"{checkpoint}: no such directory, and the hub says: {reason}") from error
