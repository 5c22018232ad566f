"""Nobody speaks for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Choice, Kind, Number
from call_analysis.rules.scope import MIXED_SPEAKERS, NO_SPEECH_TIMES, Found, NotApplicable, Scope
from call_analysis.speech import Silence as Pause


@dataclass(frozen=True, slots=True)
class Silence:
    """Counts for who ends it: that one kept the other waiting. `same`: the same speaker goes on; `change`:
    the other one takes over. Before the first and after the last words is no silence; see `delay`."""

    at_least_s: float
    speaker: str = "any"

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "at_least_s": Number(0.1, 3600),
        "speaker": Choice(("any", "same", "change")),
    }

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that end each silence, with the silence as their moment."""
        call = scope.call
        if not call.speech:
            return NO_SPEECH_TIMES
        if self.speaker != "any" and not call.has_separate_speakers:
            return MIXED_SPEAKERS
        hits = scope.admitted(
            call.hit_at(
                pause.after.channel,
                pause.after.start_s,
                f"silence {pause.moment.length_s:.1f} s",
                pause.moment,
            )
            for pause in call.silences
            if pause.moment.length_s >= self.at_least_s and self._fits(pause)
        )
        return Found(bool(hits), hits)

    def _fits(self, pause: Pause) -> bool:
        return self.speaker == "any" or pause.is_change == (self.speaker == "change")


CONDITION = Silence
