"""Transcripts from lines such as `agent: 您好`, five seconds each, in the order spoken."""

from __future__ import annotations

from asr_types.transcript import (
    ROLE_AGENT,
    ROLE_CUSTOMER,
    ROLE_UNKNOWN,
    ROLES,
    CallMetadata,
    Channel,
    Segment,
    Transcript,
)

LINE_S = 5.0


def call(*lines: str, language: str | None = "Chinese", roles: tuple[str, ...] = ()) -> Transcript:
    """A call of these lines; `roles` describes channels, by default those that speak."""
    spoken = [_split(line) for line in lines]
    roles = roles or tuple(dict.fromkeys(role for role, _ in spoken)) or (ROLE_AGENT, ROLE_CUSTOMER)
    segments = tuple(
        Segment(
            start_s=index * LINE_S,
            end_s=(index + 1) * LINE_S,
            channel=roles.index(role),
            text=text,
            language=language,
            finish_reason="stop",
            confidence=0.9,
        )
        for index, (role, text) in enumerate(spoken)
    )
    return Transcript(
        metadata=CallMetadata(call_id="test"),
        duration_s=len(lines) * LINE_S,
        sample_rate=8000,
        channels=tuple(Channel(index, role, -20.0, -3.0) for index, role in enumerate(roles)),
        segments=segments,
        language=language,
    )


def language_of(sentence: str) -> str:
    """The model's tag for a sentence of these tests."""
    return "Chinese" if any("一" <= character <= "鿿" for character in sentence) else "English"


def _split(line: str) -> tuple[str, str]:
    role, separator, text = line.partition(": ")
    return (role, text) if separator and role in ROLES else (ROLE_UNKNOWN, line)
