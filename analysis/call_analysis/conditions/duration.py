"""The duration of a call, or of the speech of roles in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Choice, Kind, Number
from call_analysis.hits import Moment
from call_analysis.rules.scope import NO_SPEECH_TIMES, Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration from `at_least_s` to `at_most_s`."""

    of: str = "call"  # call: of the recording; speech: of the speech of the roles
    at_least_s: float | None = None
    at_most_s: float | None = None

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "of": Choice(("call", "speech")),
        "at_least_s": Number(0, 86400),
        "at_most_s": Number(0, 86400),
    }

    def __post_init__(self) -> None:
        if self.at_least_s is None and self.at_most_s is None:
            raise ValueError("needed: at_least_s, at_most_s or both")
        if (self.at_least_s or 0) > (self.at_most_s if self.at_most_s is not None else float("inf")):
            raise ValueError(f"at_least_s {self.at_least_s:g} is more than at_most_s {self.at_most_s:g}")

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The last words in the scope; the whole call is their moment."""
        call = scope.call
        length_s = call.transcript.duration_s
        if self.of == "speech":
            if not call.speech:
                return NO_SPEECH_TIMES
            length_s = sum(speech.length_s for speech in call.speech if speech.role in scope.roles)
        if call.transcript.duration_s <= 0:
            return NotApplicable("the transcript has no times")
        if (
            not (self.at_least_s or 0)
            <= length_s
            <= (self.at_most_s if self.at_most_s is not None else length_s)
        ):
            return Found(False)
        whole = Moment(0.0, call.transcript.duration_s)
        return Found(True, (scope.stretches[-1].opening(f"{self.of} {length_s:.1f} s", whole),))


CONDITION = Duration
