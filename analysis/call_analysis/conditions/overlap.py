"""An overlap: somebody starts to speak while the other one speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind, Number
from call_analysis.rules.scope import MIXED_SPEAKERS, NO_SPEECH_TIMES, Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Overlap:
    """Both speak for at least `at_least_s`, which leaves out a short "mhm"; evidence of who starts later."""

    at_least_s: float

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {"at_least_s": Number(0.1, 600)}

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that interrupt; the time in which both speak is their moment."""
        call = scope.call
        if not call.speech:
            return NO_SPEECH_TIMES
        if not call.has_separate_speakers:
            return MIXED_SPEAKERS
        hits = scope.admitted(
            call.hit_at(
                both.interrupting.channel,
                both.interrupting.start_s,
                f"interruption {both.moment.length_s:.1f} s",
                both.moment,
            )
            for both in call.overlaps
            if both.moment.length_s >= self.at_least_s
        )
        return Found(bool(hits), hits)


CONDITION = Overlap
