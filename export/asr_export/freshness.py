"""Freshness of an earlier export: whether a new one would be the same, told without loading the model."""

from __future__ import annotations

from asr_engine.errors import ArtifactError
from asr_engine.manifest import load_manifest, verify_files
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.source import find_source
from asr_export.options import ExportOptions
from asr_export.tools import tool_versions


def is_current(options: ExportOptions) -> bool:
    """Whether `out` holds an intact export of the same checkpoint and target by the same tool versions."""
    try:
        manifest = load_manifest(options.out / ARTIFACTS)
        verify_files(options.out / ARTIFACTS, manifest)
    except ArtifactError:
        return False
    if options.check and not manifest.parity:
        return False
    if (manifest.target, manifest.tools) != (options.target, tool_versions()):
        return False
    return manifest.revision == find_source(options.checkpoint, options.revision).revision
