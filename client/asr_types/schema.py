"""Schema of a transcript: the published JSON schema of `Transcript.to_dict`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast


def transcript_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of this version's transcripts, a fresh copy for each call."""
    text = files("asr_types").joinpath("transcript.schema.json").read_text(encoding="utf-8")
    return cast(dict[str, Any], json.loads(text))
