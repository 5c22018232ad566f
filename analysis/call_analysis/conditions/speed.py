"""The speed at which somebody speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind, Number
from call_analysis.file_values.phrase_kinds import NumberByLanguage
from call_analysis.hits import Hit, Moment
from call_analysis.rules.scope import NO_SPEECH_TIMES, Found, NotApplicable, Scope, Stretch
from call_analysis.text.folded_text import is_unbounded

_SPACED_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Speed:
    """A turn above or below a speed: words, or characters of scripts without spaces, a minute of speech."""

    above: Mapping[str, float] | None = None  # by language code
    below: Mapping[str, float] | None = None
    least_s: float = 3.0  # turns with less speech are not judged

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "above": NumberByLanguage(Number(1, 2000)),
        "below": NumberByLanguage(Number(1, 2000)),
        "least_s": Number(0.5, 60),
    }

    def __post_init__(self) -> None:
        if self.above is None and self.below is None:
            raise ValueError("needed: above, below or both")

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The first words of the turns that are too fast or too slow."""
        if not scope.call.speech:
            return NO_SPEECH_TIMES
        judged = {stretch: speed for stretch in scope.stretches if (speed := self._speed(stretch, scope))}
        if not judged:
            return NotApplicable(f"no turn with limits for its language and {self.least_s:g} s of speech")
        hits = tuple(
            _hit(stretch, speed) for stretch, speed in judged.items() if self._off(stretch, speed, scope)
        )
        return Found(bool(hits), hits)

    def _speed(self, stretch: Stretch, scope: Scope) -> float | None:
        code = scope.call.language_code(stretch.entry)
        speech_s = scope.call.speech_s(stretch.entry.turn)
        if speech_s < self.least_s or not any(code in limit for limit in (self.above, self.below) if limit):
            return None
        return 60 * _units(stretch.entry.turn.text) / speech_s

    def _off(self, stretch: Stretch, speed: float, scope: Scope) -> bool:
        code = scope.call.language_code(stretch.entry) or ""
        above, below = (self.above or {}).get(code), (self.below or {}).get(code)
        return (above is not None and speed > above) or (below is not None and speed < below)


def _hit(stretch: Stretch, speed: float) -> Hit:
    turn = stretch.entry.turn
    return stretch.opening(f"{speed:.0f} a minute", Moment(turn.start_s, turn.end_s))


def _units(text: str) -> int:
    unspaced = sum(map(is_unbounded, text))
    spaced = "".join(" " if is_unbounded(character) else character for character in text)
    return unspaced + len(_SPACED_WORD.findall(spaced))


CONDITION = Speed
