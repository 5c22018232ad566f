"""Copies of the demo repository with other settings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Protocol


class Alter(Protocol):
    """The fixture: `altered(slots=2, config={"old": "new"})` is a copy with other settings."""

    def __call__(self, config: dict[str, str] | None = None, **knobs: object) -> Path: ...


def alter(demo_repository: Path, copy: Path, config: dict[str, str] | None = None, **knobs: object) -> Path:
    """Copy the repository, replace texts in config.pbtxt and set knobs in engine.json; returns the copy."""
    model = copy / "qwen3_asr"
    shutil.copytree(demo_repository / "qwen3_asr", model)
    settings = model / "engine.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), **knobs}))
    text = (model / "config.pbtxt").read_text()
    for old, new in (config or {}).items():
        assert old in text
        text = text.replace(old, new)
    (model / "config.pbtxt").write_text(text)
    return copy
