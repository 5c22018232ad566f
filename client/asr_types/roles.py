"""Roles of speakers as text: in arguments, manifests and the files of other tools."""

from __future__ import annotations

from asr_types.transcript import ROLES


def check_role(role: str) -> None:
    """Raise ValueError unless it is one of `ROLES`."""
    if role not in ROLES:
        raise ValueError(f"role is {role!r}; expected one of {', '.join(ROLES)}")


def parse_channel_roles(text: str) -> tuple[str, ...]:
    """`agent,customer`: the role of each channel in order. Raises ValueError."""
    roles = tuple(role.strip() for role in text.split(","))
    for role in roles:
        check_role(role)
    return roles


def parse_speaker_roles(text: str) -> dict[str, str]:
    """`SPEAKER_00=agent,SPEAKER_01=customer`: the role of each named speaker. Raises ValueError."""
    roles = dict(part.rpartition("=")[::2] for part in text.split(","))
    for name, role in roles.items():
        if not name or role not in ROLES:
            raise ValueError(f"{text!r}; expected NAME=ROLE with one of {', '.join(ROLES)}")
    return roles
