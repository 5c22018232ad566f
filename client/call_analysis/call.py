"""A call as the rules see it: turns, their intents, and who spoke when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, ROLE_UNKNOWN, Segment, Transcript
from call_analysis.report import TurnReport
from call_analysis.turns import FoldedTurn, Hit, Moment


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of speech of one speaker, from voice activity."""

    role: str
    channel: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody speaks from `before.end_s` to `after.start_s`."""

    before: Speech
    after: Speech

    @property
    def moment(self) -> Moment:
        """When."""
        return Moment(self.before.end_s, self.after.start_s)


@dataclass(frozen=True, slots=True)
class Overlap:
    """`interrupting` starts while `interrupted` speaks."""

    interrupting: Speech
    interrupted: Speech

    @property
    def moment(self) -> Moment:
        """While both speak."""
        return Moment(self.interrupting.start_s, min(self.interrupting.end_s, self.interrupted.end_s))


@dataclass(frozen=True)
class Call:
    """What conditions are evaluated on. `turns` and `intents` go in step."""

    transcript: Transcript
    turns: tuple[FoldedTurn, ...]
    intents: tuple[TurnReport, ...]
    language_codes: Mapping[str, str]  # the model's language names to codes such as "zh"

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the channels, whether they spoke or not."""
        return frozenset(channel.role for channel in self.transcript.channels)

    @property
    def has_separate_speakers(self) -> bool:
        """Whether agent and customer have channels of their own with speech times."""
        spoken = {speech.role for speech in self.speech}
        return {ROLE_AGENT, ROLE_CUSTOMER} <= spoken and ROLE_UNKNOWN not in spoken

    def language_code(self, turn: FoldedTurn) -> str | None:
        """Code of the turn's language, or of the call's where the turn has none."""
        return self.language_codes.get(turn.turn.language or self.transcript.language or "")

    @cached_property
    def speech(self) -> tuple[Speech, ...]:
        """All stretches of speech in order of time; empty where the transcript has no speech times."""
        spans = [
            Speech(channel.role, channel.index, span.start_s, span.end_s)
            for channel in self.transcript.channels
            for span in channel.speech
            if span.end_s > span.start_s
        ]
        return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s, span.channel)))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Silences between stretches of speech, in order of time."""
        gaps: list[Gap] = []
        last: Speech | None = None
        for speech in self.speech:
            if last is not None and speech.start_s > last.end_s:
                gaps.append(Gap(last, speech))
            if last is None or speech.end_s > last.end_s:
                last = speech
        return tuple(gaps)

    @cached_property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Stretches in which two channels speak; of two that start together neither interrupts."""
        overlaps: list[Overlap] = []
        speaking: list[Speech] = []
        for speech in self.speech:
            speaking = [other for other in speaking if other.end_s > speech.start_s]
            overlaps.extend(
                Overlap(speech, other)
                for other in speaking
                if other.channel != speech.channel and other.start_s < speech.start_s
            )
            speaking.append(speech)
        return tuple(overlaps)

    def hit_at(self, channel: int, time_s: float, label: str, moment: Moment) -> Hit | None:
        """Evidence for something in time: what the channel says at `time_s`, or nearest to it."""
        segment = min(
            (segment for segment in self._spoken if segment.channel == channel),
            key=lambda segment: max(segment.start_s - time_s, time_s - segment.end_s, 0),
            default=None,
        )
        if segment is None:
            return None
        for entry in self.turns:
            turn = entry.turn
            words = segment.text.strip()
            start = turn.text.find(words)
            if turn.channel == channel and turn.start_s <= segment.start_s <= turn.end_s and start >= 0:
                return Hit(turn, start, start + len(words), label, moment)
        return None

    @cached_property
    def _spoken(self) -> tuple[Segment, ...]:
        spoken = [segment for segment in self.transcript.segments if segment.text.strip()]
        return tuple(sorted(spoken, key=lambda segment: (segment.start_s, segment.channel)))
