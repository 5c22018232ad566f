"""The type of the fixture `altered`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Alter(Protocol):
    """`altered(slots=2, config={"old": "new"})`: a copy of the demo repository with other settings."""

    def __call__(self, config: dict[str, str] | None = None, **knobs: object) -> Path: ...
