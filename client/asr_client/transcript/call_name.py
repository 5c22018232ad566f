"""Call name: the id and the source of a call that nobody named."""

from __future__ import annotations

from dataclasses import replace

from asr_types.transcript import CallMetadata


def named_call(metadata: CallMetadata, name: str) -> CallMetadata:
    """Without an id the call gets its file's name without the ending, without a source the file's name."""
    stem = name.rpartition(".")[0] or name
    return replace(metadata, call_id=metadata.call_id or stem, source=metadata.source or name)
