"""Tool versions that an export depends on; the manifest records them to detect a stale export."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DISTRIBUTIONS = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime", "onnxruntime-genai")


def tool_versions() -> dict[str, str]:
    """Version of each tool, and under `asr_export` a hash of this package's own sources."""
    versions = {name: _version(name) for name in _DISTRIBUTIONS}
    return {**versions, "asr_export": _source_hash()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _source_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
