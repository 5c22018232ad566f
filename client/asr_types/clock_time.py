"""Time on the clock face of a player, for people."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """`1:02`, or `1:02:03` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
