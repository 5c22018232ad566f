"""A call as the rules see it: turns, their intents, and who spoke when."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, ROLE_UNKNOWN, Segment, Transcript
from call_analysis.report import TurnReport
from call_analysis.turns import CallTurn, FoldedTurn, Hit, Moment


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
        key = channel, time_s
        if key not in self._words_at:  # several rules ask for the same silences
            self._words_at[key] = self._find_words_at(channel, time_s)
        found = self._words_at[key]
        return None if found is None else replace(found, phrase=label, moment=moment)

    def speech_s(self, turn: CallTurn) -> float:
        """Seconds within the turn in which its channel speaks."""
        if turn.index not in self._speech_s:
            spans = self._speech_of.get(turn.channel, ())
            first = bisect_right(self._reach_of.get(turn.channel, ()), turn.start_s)
            last = bisect_left(spans, turn.end_s, key=lambda span: span.start_s)
            self._speech_s[turn.index] = sum(
                max(min(span.end_s, turn.end_s) - max(span.start_s, turn.start_s), 0.0)
                for span in spans[first:last]
            )
        return self._speech_s[turn.index]

    def _find_words_at(self, channel: int, time_s: float) -> Hit | None:
        spoken = self._spoken_of.get(channel, ())
        if not spoken:
            return None
        segment = spoken[_nearest(spoken, self._spoken_reach_of[channel], time_s)]
        words = segment.text.strip()
        for entry in self.turns:
            turn = entry.turn
            if turn.channel == channel and turn.start_s <= segment.start_s <= turn.end_s:
                start = turn.text.find(words)
                if start >= 0:
                    return Hit(turn, start, start + len(words), "")
        return None

    @cached_property
    def _words_at(self) -> dict[tuple[int, float], Hit | None]:
        return {}

    @cached_property
    def _spoken_of(self) -> dict[int, tuple[Segment, ...]]:
        """Segments with words by channel, in order of time."""
        spoken: dict[int, list[Segment]] = {}
        for segment in sorted(self.transcript.segments, key=lambda segment: segment.start_s):
            if segment.text.strip():
                spoken.setdefault(segment.channel, []).append(segment)
        return {channel: tuple(segments) for channel, segments in spoken.items()}

    @cached_property
    def _spoken_reach_of(self) -> dict[int, tuple[float, ...]]:
        return _reach(self._spoken_of)

    @cached_property
    def _speech_of(self) -> dict[int, tuple[Speech, ...]]:
        """Stretches of speech by channel, in order of time."""
        channels = {span.channel for span in self.speech}
        return {
            channel: tuple(span for span in self.speech if span.channel == channel) for channel in channels
        }

    @cached_property
    def _reach_of(self) -> dict[int, tuple[float, ...]]:
        return _reach(self._speech_of)

    @cached_property
    def _speech_s(self) -> dict[int, float]:
        return {}


def _reach(spans_of: Mapping[int, Sequence[Segment | Speech]]) -> dict[int, tuple[float, ...]]:
    """By channel, when all up to each have ended."""
    return {
        channel: tuple(accumulate((span.end_s for span in spans), max)) for channel, spans in spans_of.items()
    }


def _nearest(segments: Sequence[Segment], reach: Sequence[float], time_s: float) -> int:
    """Index of the first segment, in order of their starts, that is nearest to a time; `reach` is when all up
    to each have ended."""
    later = bisect_right(segments, time_s, key=lambda segment: segment.start_s)
    around = bisect_left(reach, time_s, hi=later)
    if around < later or later == 0:
        return around
    before = bisect_left(reach, reach[later - 1])
    is_later = later < len(segments) and segments[later].start_s - time_s < time_s - reach[later - 1]
    return later if is_later else before
