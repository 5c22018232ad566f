"""JSON document: the whole transcript, for programs."""

from __future__ import annotations

import json

from asr_types.transcript import Transcript


def to_json(transcript: Transcript, indent: int | None = 2) -> str:
    """The document that `transcript.schema.json` describes; one line for `indent=None`."""
    return json.dumps(transcript.to_dict(), ensure_ascii=False, indent=indent) + "\n"
