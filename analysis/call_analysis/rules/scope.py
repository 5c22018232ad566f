"""Where a condition looks, and what it may answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from call_analysis.call import Call
from call_analysis.turns import FoldedTurn, Hit, Moment

_LONGEST_QUOTE = 60  # characters, where a whole turn is the evidence


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters [start, end) of a turn."""

    entry: FoldedTurn
    start: int
    end: int

    @classmethod
    def whole(cls, entry: FoldedTurn) -> Stretch:
        """All of a turn."""
        return cls(entry, 0, len(entry.turn.text))

    def hit(self, start: int, end: int, phrase: str) -> Hit | None:
        """A hit, if these characters of the turn are within the stretch."""
        if self.start <= start and end <= self.end:
            return Hit(self.entry.turn, start, end, phrase)
        return None

    def opening(self, label: str, moment: Moment | None = None) -> Hit:
        """The first words as evidence for the stretch as a whole."""
        return Hit(self.entry.turn, *self._visible(0, _LONGEST_QUOTE), label, moment)

    def ending(self, label: str) -> Hit:
        """The last words as evidence for where was looked."""
        return Hit(self.entry.turn, *self._visible(-_LONGEST_QUOTE, None), label)

    @property
    def text(self) -> str:
        """The words."""
        return self.entry.turn.text[self.start : self.end]

    def _visible(self, start: int | None, end: int | None) -> tuple[int, int]:
        kept = self.text[start:end] if self.text[start:end].strip() else self.text
        offset = self.text.find(kept) if start == 0 else self.text.rfind(kept)
        words = kept.strip()
        first = self.start + offset + kept.find(words)
        return first, first + len(words)


@dataclass(frozen=True, slots=True)
class Scope:
    """The stretches of a call that a condition's roles and position leave, in order of time."""

    call: Call
    roles: tuple[str, ...]
    stretches: tuple[Stretch, ...]

    def admitted(self, hits: Iterable[Hit | None]) -> tuple[Hit, ...]:
        """Those hits that lie within the stretches."""
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


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of a condition, with what it rests on."""

    holds: bool
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A condition that cannot be judged in this call, and why."""

    reason: str
