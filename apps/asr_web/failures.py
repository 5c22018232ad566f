"""Failures of a call, each with the key of the sentence that explains it to the user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from asr_client import errors
from call_analysis.errors import AnalysisError


class FailureKind(StrEnum):
    """Kinds of failures; `failure.<kind>` is the key of the sentence."""

    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    UNREADABLE = "unreadable"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    DEADLINE = "deadline"
    REJECTED = "rejected"
    SERVER = "server"
    ANALYSIS = "analysis"
    INTERNAL = "internal"  # an error that no code expects


# The first match counts, so subclasses stand before their base classes.
_KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (
    (errors.UnsupportedAudio, FailureKind.UNSUPPORTED),
    (errors.CorruptAudio, FailureKind.CORRUPT),
    (errors.AudioUnreadable, FailureKind.UNREADABLE),
    (errors.InvalidAudio, FailureKind.INVALID),
    (errors.ServerUnavailable, FailureKind.UNAVAILABLE),
    (errors.DeadlineExceeded, FailureKind.DEADLINE),
    (errors.RequestRejected, FailureKind.REJECTED),
    (errors.ServiceError, FailureKind.SERVER),
    (errors.InvalidOption, FailureKind.REJECTED),
    (AnalysisError, FailureKind.ANALYSIS),
)
_FINAL = frozenset(
    {FailureKind.UNSUPPORTED, FailureKind.CORRUPT, FailureKind.UNREADABLE, FailureKind.INVALID}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure; `detail` is the program's own message."""

    kind: FailureKind
    detail: str

    @property
    def is_final(self) -> bool:
        """Whether the recording itself is the cause, so that a retry cannot help."""
        return self.kind in _FINAL


def failure_of(error: BaseException) -> Failure:
    """The failure that an error means; INTERNAL for any error that no code expects."""
    for kind, name in _KINDS:
        if isinstance(error, kind):
            return Failure(name, str(error))
    return Failure(FailureKind.INTERNAL, type(error).__name__)
