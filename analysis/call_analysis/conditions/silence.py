"""A silence: nobody speaks for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Choice, Kind, Number
from call_analysis.rules.scope import MIXED_SPEAKERS, NO_SPEECH_TIMES, Found, NotApplicable, Scope
from call_analysis.speech import Silence as Pause


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence between two stretches of speech; evidence of who ends it, as that one kept the other waiting.

    The time before the first and after the last words is no silence; see the type `delay`.
    """

    at_least_s: float
    speaker: str = "any"  # same: who spoke before goes on; change: the other one does

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "at_least_s": Number(0.1, 3600),
        "speaker": Choice(("any", "same", "change")),
    }

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that end each silence; the silence is their moment."""
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
