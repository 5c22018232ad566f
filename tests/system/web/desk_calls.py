"""The sample calls that the desk is visited with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.web.chromium import DeskPage

CALLS = Path(__file__).resolve().parents[3] / "demo" / "calls"
REFERENCES: list[dict[str, Any]] = json.loads((CALLS / "references.json").read_text(encoding="utf-8"))[
    "calls"
]
LIMIT_MB = 8

Visit = Callable[..., DeskPage]


def call_with(language: str, *roles: str) -> Path:
    """A sample call in a language with these channels."""
    return next(
        CALLS / call["file"]
        for call in REFERENCES
        if call["language"] == language and call["roles"] == [*roles]
    )


TWO_CHANNELS = call_with("Chinese", "agent", "customer")
LONG = CALLS / str(max(REFERENCES, key=lambda call: float(call["duration_s"]))["file"])
ENGLISH = call_with("English", "unknown")
CHINESE = call_with("Chinese", "unknown")
