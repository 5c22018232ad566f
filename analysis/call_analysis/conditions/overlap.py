"""Somebody starts to speak while the other one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.call import Overlap as BothSpeak
from call_analysis.file_values.kinds import Number, Parameter
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Overlap:
    """Counts for who starts later and so interrupts. A short "mhm" is kept out by `at_least_s`."""

    at_least_s: float

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {"at_least_s": Number(0.1, 600)}

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that interrupt, with the time in which both speak as their moment."""
        call = scope.call
        if not call.speech:
            return NotApplicable("the transcript has no speech times")
        if not call.has_separate_speakers:
            return NotApplicable("the recording does not keep the speakers apart")
        hits = scope.admitted(
            call.hit_at(
                both.interrupting.channel,
                both.interrupting.start_s,
                f"interruption {_length(both):.1f} s",
                both.moment,
            )
            for both in call.overlaps
            if _length(both) >= self.at_least_s
        )
        return Found(bool(hits), hits)


def _length(both: BothSpeak) -> float:
    return round(both.moment.end_s - both.moment.start_s, 3)


CONDITION = Overlap
