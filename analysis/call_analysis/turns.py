"""The turns of a call, numbered and with their text folded for the search of phrases."""

from __future__ import annotations

from dataclasses import dataclass

from asr_types.transcript import Transcript
from call_analysis.text.folded_text import FoldedText, fold


@dataclass(frozen=True, slots=True)
class CallTurn:
    """A turn of a transcript, as reports have it. `index` numbers the turns of a call in order of time."""

    index: int
    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FoldedTurn:
    """A turn whose text is folded once for all rules that search it."""

    turn: CallTurn
    text: FoldedText

    @classmethod
    def of(cls, turn: CallTurn) -> FoldedTurn:
        """Fold the turn's text."""
        return cls(turn, fold(turn.text))


def call_turns(transcript: Transcript) -> tuple[CallTurn, ...]:
    """The turns of `Transcript.turns`, numbered."""
    return tuple(
        CallTurn(index, turn.role, turn.channel, turn.start_s, turn.end_s, turn.language, turn.text)
        for index, turn in enumerate(transcript.turns())
    )
