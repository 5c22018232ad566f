"""Finish reasons of a segment: why its text ended."""

from __future__ import annotations

from enum import StrEnum


class FinishReason(StrEnum):
    """The reasons that this version knows. A later server may add others: they stay plain strings."""

    STOP = "stop"  # complete
    LENGTH = "length"  # the token limit was reached; text may be missing
    REPETITION = "repetition"  # a loop was cut; text may be missing
    SILENCE = "silence"  # nothing to recognise; the model did not run


COMPLETE = frozenset({FinishReason.STOP, FinishReason.SILENCE})  # nothing of the segment's text is missing
