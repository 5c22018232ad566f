"""The value of `--roles`."""

from __future__ import annotations

import argparse

from asr_types.transcript import ROLES


def channel_roles(text: str) -> tuple[str, ...]:
    """`agent,customer`: the speaker of each channel in order. Raises ArgumentTypeError."""
    roles = tuple(role.strip() for role in text.split(","))
    for role in roles:
        if role not in ROLES:
            raise argparse.ArgumentTypeError(f"role is {role!r}; expected one of {', '.join(ROLES)}")
    return roles
