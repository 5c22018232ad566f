"""A delay: somebody greets or answers late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.call import Call
from call_analysis.file_values.kinds import Choice, Kind, Number
from call_analysis.hits import Hit, Moment
from call_analysis.rules.scope import MIXED_SPEAKERS, NO_SPEECH_TIMES, Found, NotApplicable, Scope
from call_analysis.speech import Speech


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait of at least `at_least_s` before the roles speak."""

    of: str  # greeting: since the start of the recording; response: since the other speaker ended
    at_least_s: float

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "of": Choice(("greeting", "response")),
        "at_least_s": Number(0.1, 3600),
    }

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that come late; the wait is their moment."""
        call = scope.call
        if not call.speech:
            return NO_SPEECH_TIMES
        if not call.has_separate_speakers and not (self.of == "greeting" and len(scope.roles) == 3):
            return MIXED_SPEAKERS
        waits = _greeting(call, scope.roles) if self.of == "greeting" else _responses(call)
        hits = scope.admitted(self._hit(call, speech, since_s) for speech, since_s in waits)
        return Found(bool(hits), hits)

    def _hit(self, call: Call, speech: Speech, since_s: float) -> Hit | None:
        wait = Moment(since_s, speech.start_s)
        if wait.length_s < self.at_least_s:
            return None
        return call.hit_at(speech.channel, speech.start_s, f"{self.of} after {wait.length_s:.1f} s", wait)


def _greeting(call: Call, roles: tuple[str, ...]) -> Iterator[tuple[Speech, float]]:
    first = next((speech for speech in call.speech if speech.role in roles), None)
    if first is not None:
        yield first, 0.0


def _responses(call: Call) -> Iterator[tuple[Speech, float]]:
    for silence in call.silences:
        if silence.is_change:
            yield silence.after, silence.before.end_s


CONDITION = Delay
