"""The position of a condition: the part of a call that it searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from call_analysis.call import Call
from call_analysis.hits import Hit
from call_analysis.rules.scope import Stretch
from call_analysis.turns import FoldedTurn


@dataclass(frozen=True, slots=True)
class Position:
    """Limits of the search, which all apply; None is no limit."""

    first_turns: int | None = None  # counted among the turns of the condition's roles
    last_turns: int | None = None
    first_s: float | None = None  # turns that start in the first seconds
    last_s: float | None = None  # turns that end in the last seconds
    before: str | None = None  # another condition: only before its first hit
    after: str | None = None  # another condition: only after its first hit
    within_turns: int | None = None  # at most so many turns, of any role, from that hit

    @property
    def anchors(self) -> tuple[str, ...]:
        """The conditions that must be judged first, as the position refers to their hits."""
        return tuple(name for name in (self.before, self.after) if name is not None)

    @property
    def needs_times(self) -> bool:
        """Whether the position depends on times."""
        return self.first_s is not None or self.last_s is not None

    def stretches(
        self, call: Call, turns: Sequence[FoldedTurn], anchor_hits: Mapping[str, Sequence[Hit]]
    ) -> tuple[Stretch, ...]:
        """The parts of the turns within all limits; none where a condition it refers to has no hit."""
        kept = turns if self.first_turns is None else turns[: self.first_turns]
        if self.last_turns is not None:
            kept = [entry for entry in kept if entry in turns[-self.last_turns :]]
        stretches = [
            Stretch.whole(entry) for entry in kept if self._in_time(entry, call.transcript.duration_s)
        ]
        if self.before is not None:
            stretches = self._near(stretches, anchor_hits[self.before], after=False)
        if self.after is not None:
            stretches = self._near(stretches, anchor_hits[self.after], after=True)
        return tuple(stretch for stretch in stretches if stretch.text.strip())

    def _in_time(self, entry: FoldedTurn, duration_s: float) -> bool:
        if self.first_s is not None and entry.turn.start_s >= self.first_s:
            return False
        return self.last_s is None or entry.turn.end_s > duration_s - self.last_s

    def _near(self, stretches: list[Stretch], hits: Sequence[Hit], after: bool) -> list[Stretch]:
        if not hits:
            return []
        hit = min(hits, key=lambda hit: (hit.turn.index, hit.start))
        cut = _after if after else _before
        return [
            left
            for stretch in stretches
            if self.within_turns is None
            or abs(stretch.entry.turn.index - hit.turn.index) <= self.within_turns
            if (left := cut(stretch, hit)) is not None
        ]


def _before(stretch: Stretch, hit: Hit) -> Stretch | None:
    index = stretch.entry.turn.index
    if index == hit.turn.index:
        return Stretch(stretch.entry, stretch.start, min(stretch.end, hit.start))
    return stretch if index < hit.turn.index else None


def _after(stretch: Stretch, hit: Hit) -> Stretch | None:
    """The part after a hit. After a silence it begins with the words that end the silence."""
    index = stretch.entry.turn.index
    if index == hit.turn.index:
        edge = hit.end if hit.moment is None else hit.start
        return Stretch(stretch.entry, max(stretch.start, edge), stretch.end)
    return stretch if index > hit.turn.index else None
