"""What went wrong, by the key of the sentence that says so and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from asr_client import errors
from call_analysis.errors import AnalysisError

# The most special first.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (errors.UnsupportedAudio, "unsupported"),
    (errors.CorruptAudio, "corrupt"),
    (errors.AudioUnreadable, "unreadable"),
    (errors.InvalidAudio, "invalid"),
    (errors.ServerUnavailable, "unavailable"),
    (errors.DeadlineExceeded, "deadline"),
    (errors.RequestRejected, "rejected"),
    (errors.ServiceError, "server"),
    (errors.InvalidOption, "rejected"),
    (AnalysisError, "analysis"),
)
_FINAL = frozenset({"unsupported", "corrupt", "unreadable", "invalid"})


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind` picks the sentence `failure.<kind>`; `detail` is what the program says."""

    kind: str
    detail: str

    @property
    def is_final(self) -> bool:
        """Whether the recording itself is to blame: trying again cannot help."""
        return self.kind in _FINAL


def failure_of(error: BaseException) -> Failure:
    """The failure that an error means; `internal` for whatever nobody expected."""
    for kind, name in _KINDS:
        if isinstance(error, kind):
            return Failure(name, str(error))
    return Failure("internal", type(error).__name__)
