"""Nobody speaks for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.call import Gap
from call_analysis.file_values.kinds import Choice, Number, Parameter
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Silence:
    """Counts for who ends it: that one kept the other waiting. `same`: the same speaker goes on; `change`:
    the other one takes over. Before the first and after the last words is no silence; see `delay`."""

    at_least_s: float
    speaker: str = "any"

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "at_least_s": Number(0.1, 3600),
        "speaker": Choice(("any", "same", "change")),
    }

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that end each silence, with the silence as their moment."""
        call = scope.call
        if not call.speech:
            return NotApplicable("the transcript has no speech times")
        if self.speaker != "any" and not call.has_separate_speakers:
            return NotApplicable("the recording does not keep the speakers apart")
        hits = scope.admitted(
            call.hit_at(gap.after.channel, gap.after.start_s, f"silence {_length(gap):.1f} s", gap.moment)
            for gap in call.gaps
            if _length(gap) >= self.at_least_s and self._fits(gap)
        )
        return Found(bool(hits), hits)

    def _fits(self, gap: Gap) -> bool:
        return self.speaker == "any" or (gap.before.role == gap.after.role) == (self.speaker == "same")


def _length(gap: Gap) -> float:
    return round(gap.moment.end_s - gap.moment.start_s, 3)


CONDITION = Silence
