"""A hit: words of a turn that show what a rule or an intent looks for."""

from __future__ import annotations

from dataclasses import dataclass

from call_analysis.turns import CallTurn


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a silence, an interruption or a delay."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Its length to the millisecond, so that 5.1 - 2.1 (2.9999…) reaches a limit of 3 s."""
        return round(self.end_s - self.start_s, 3)


@dataclass(frozen=True, slots=True)
class Hit:
    """Evidence: who spoke, when, and the exact words.

    A hit can only be made from a turn and a part of its text, so there is no hit without evidence.
    """

    turn: CallTurn
    start: int  # index of the first character in turn.text
    end: int  # index behind the last one
    phrase: str  # as the rules spell it, or what was measured
    moment: Moment | None = None  # of what was measured in time rather than found in words

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.turn.text):
            raise ValueError(
                f"characters {self.start} to {self.end} are no part of turn {self.turn.index}, "
                f"which has {len(self.turn.text)}"
            )

    @property
    def quote(self) -> str:
        """The words as the turn has them."""
        return self.turn.text[self.start : self.end]
