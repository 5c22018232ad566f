"""The turns of a call as the analysis sees them, and quotes from them."""

from __future__ import annotations

from dataclasses import dataclass

from asr_types.transcript import ROLE_UNKNOWN, Segment, Transcript, join_texts
from call_analysis.text.folded_text import FoldedText, fold

# A monologue is cut here, so that the time of a quote still tells where to listen.
MAX_TURN_S = 60.0


@dataclass(frozen=True, slots=True)
class CallTurn:
    """Consecutive segments of one speaker; `index` numbers the turns of a call in order of time."""

    index: int
    role: str
    channel: int
    start_s: float
    end_s: float
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FoldedTurn:
    """A turn with its text folded once for all that look for phrases in it."""

    turn: CallTurn
    text: FoldedText

    @classmethod
    def of(cls, turn: CallTurn) -> FoldedTurn:
        """Fold the turn's text."""
        return cls(turn, fold(turn.text))


def call_turns(transcript: Transcript) -> tuple[CallTurn, ...]:
    """Turns in order of time, whatever the order of the segments; segments without text are left out.

    Where the speaker is unknown (a mono recording of two people) every segment is a turn of its own:
    who spoke when cannot be told, so nothing is joined.
    """
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    if any(segment.end_s > 0 for segment in spoken):  # without times the given order is all there is
        spoken.sort(key=lambda segment: (segment.start_s, segment.channel))
    groups: list[list[Segment]] = []
    for segment in spoken:
        if groups and _continues(groups[-1], segment, transcript.role_of(segment.channel)):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return tuple(
        _turn(index, group, transcript.role_of(group[0].channel)) for index, group in enumerate(groups)
    )


def _continues(group: list[Segment], segment: Segment, role: str) -> bool:
    return (
        role != ROLE_UNKNOWN
        and group[0].channel == segment.channel
        and segment.end_s - group[0].start_s <= MAX_TURN_S
    )


def _turn(index: int, group: list[Segment], role: str) -> CallTurn:
    return CallTurn(
        index=index,
        role=role,
        channel=group[0].channel,
        start_s=group[0].start_s,
        end_s=max(segment.end_s for segment in group),
        language=next((segment.language for segment in group if segment.language), None),
        text=join_texts([segment.text for segment in group]),
    )
