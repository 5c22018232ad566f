"""Warning codes of a transcript: what may be missing or wrong in it. docs/CLIENT.md explains each."""

from __future__ import annotations

from enum import StrEnum


class WarningCode(StrEnum):
    """The codes that this version writes. A document of a later version may hold others, as plain strings."""

    TRUNCATED_TEXT = "truncated_text"
    REPETITION = "repetition"
    UNKNOWN_FINISH_REASON = "unknown_finish_reason"
    TRUNCATED_FILE = "truncated_file"
    IDENTICAL_CHANNELS = "identical_channels"
    CLIPPED_AUDIO = "clipped_audio"
    CONTEXT_LEAK = "context_leak"
    UNALIGNED_SEAM = "unaligned_seam"
    SPEECH_OUTSIDE_TURNS = "speech_outside_turns"
