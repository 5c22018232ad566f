"""How long somebody takes to greet or to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.call import Call, Speech
from call_analysis.file_values.kinds import Choice, Number, Parameter
from call_analysis.rules.scope import Found, NotApplicable, Scope
from call_analysis.turns import Hit, Moment


@dataclass(frozen=True, slots=True)
class Delay:
    """`greeting`: from the start of the recording to the roles' first words. `response`: from the end of the
    other's words to theirs, when nobody speaks in between."""

    of: str
    at_least_s: float

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "of": Choice(("greeting", "response")),
        "at_least_s": Number(0.1, 3600),
    }

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that come late, with the wait as their moment."""
        call = scope.call
        if not call.speech:
            return NotApplicable("the transcript has no speech times")
        if not call.has_separate_speakers and not (self.of == "greeting" and len(scope.roles) == 3):
            return NotApplicable("the recording does not keep the speakers apart")
        waits = _greeting(call, scope.roles) if self.of == "greeting" else _responses(call)
        hits = scope.admitted(self._hit(call, speech, since_s) for speech, since_s in waits)
        return Found(bool(hits), hits)

    def _hit(self, call: Call, speech: Speech, since_s: float) -> Hit | None:
        wait_s = round(speech.start_s - since_s, 3)
        if wait_s < self.at_least_s:
            return None
        moment = Moment(since_s, speech.start_s)
        return call.hit_at(speech.channel, speech.start_s, f"{self.of} after {wait_s:.1f} s", moment)


def _greeting(call: Call, roles: tuple[str, ...]) -> Iterator[tuple[Speech, float]]:
    first = next((speech for speech in call.speech if speech.role in roles), None)
    if first is not None:
        yield first, 0.0


def _responses(call: Call) -> Iterator[tuple[Speech, float]]:
    for gap in call.gaps:
        if gap.before.role != gap.after.role:
            yield gap.after, gap.before.end_s


CONDITION = Delay
