"""Timestamps as text: when a call started."""

from __future__ import annotations

from datetime import datetime


def is_iso_8601(text: str) -> bool:
    """Whether the text is a date, or a date and time, as ISO 8601 writes them."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
