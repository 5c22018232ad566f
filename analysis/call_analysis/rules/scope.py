"""The scope of a condition: the stretches of turns that it searches; and the answers it may give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from call_analysis.call import Call
from call_analysis.hits import Hit, Moment
from call_analysis.turns import FoldedTurn

_LONGEST_QUOTE = 60  # characters of the quote where a whole stretch is the evidence


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters [start, end) of a turn, counted in its text."""

    entry: FoldedTurn
    start: int
    end: int

    @classmethod
    def whole(cls, entry: FoldedTurn) -> Stretch:
        """A turn as a whole."""
        return cls(entry, 0, len(entry.turn.text))

    def hit(self, start: int, end: int, phrase: str) -> Hit | None:
        """A hit at these characters of the turn, or None where they are not all within the stretch."""
        if self.start <= start and end <= self.end:
            return Hit(self.entry.turn, start, end, phrase)
        return None

    def opening(self, label: str, moment: Moment | None = None) -> Hit:
        """Its first words, as evidence for the stretch as a whole."""
        return Hit(self.entry.turn, *self._visible(0, _LONGEST_QUOTE), label, moment)

    def ending(self, label: str) -> Hit:
        """Its last words, as evidence that the stretch was searched to its end."""
        return Hit(self.entry.turn, *self._visible(-_LONGEST_QUOTE, None), label)

    @property
    def text(self) -> str:
        return self.entry.turn.text[self.start : self.end]

    def _visible(self, start: int | None, end: int | None) -> tuple[int, int]:
        kept = self.text[start:end] if self.text[start:end].strip() else self.text
        offset = self.text.find(kept) if start == 0 else self.text.rfind(kept)
        words = kept.strip()
        first = self.start + offset + kept.find(words)
        return first, first + len(words)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of a condition, with its evidence."""

    holds: bool
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """Why a condition cannot be judged in a call."""

    reason: str


NO_SPEECH_TIMES = NotApplicable("the transcript has no speech times")
MIXED_SPEAKERS = NotApplicable("the recording does not keep the speakers apart")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the roles and the position of a condition leave of a call, in order of time."""

    call: Call
    roles: tuple[str, ...]
    stretches: tuple[Stretch, ...]

    def admitted(self, hits: Iterable[Hit | None]) -> tuple[Hit, ...]:
        """The hits that lie within the stretches."""
        found = [hit for hit in hits if hit is not None]
        if not found:
            return ()
        of_turn: dict[int, list[Stretch]] = {}
        for stretch in self.stretches:
            of_turn.setdefault(stretch.entry.turn.index, []).append(stretch)
        return tuple(
            hit
            for hit in found
            if any(
                stretch.start <= hit.start and hit.end <= stretch.end
                for stretch in of_turn.get(hit.turn.index, ())
            )
        )
