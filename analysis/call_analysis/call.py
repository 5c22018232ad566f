"""A call as rules are judged on it: turns, their intents, and who spoke when."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, ROLE_UNKNOWN, Segment, Transcript
from call_analysis.findings import TurnReport
from call_analysis.hits import Hit, Moment
from call_analysis.speech import Overlap, Silence, Speech, overlaps, silences, speech_of
from call_analysis.turns import CallTurn, FoldedTurn


@dataclass(frozen=True)
class Call:
    """What conditions are judged on. `intents` has an entry for each of the `turns`."""

    transcript: Transcript
    turns: tuple[FoldedTurn, ...]
    intents: tuple[TurnReport, ...]
    language_codes: Mapping[str, str]  # such as "zh", by the model's language names

    @property
    def roles(self) -> frozenset[str]:
        """The roles of all channels, also of those in which nobody spoke."""
        return frozenset(channel.role for channel in self.transcript.channels)

    @property
    def has_separate_speakers(self) -> bool:
        """Whether agent and customer spoke in channels of their own, with speech times."""
        spoken = {speech.role for speech in self.speech}
        return {ROLE_AGENT, ROLE_CUSTOMER} <= spoken and ROLE_UNKNOWN not in spoken

    def language_code(self, turn: FoldedTurn) -> str | None:
        """The code of the turn's language, or of the call's where the turn has no language."""
        return self.language_codes.get(turn.turn.language or self.transcript.language or "")

    @cached_property
    def speech(self) -> tuple[Speech, ...]:
        """All stretches of speech in order of time; empty where the transcript has no speech times."""
        return speech_of(self.transcript)

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """The silences between stretches of speech, in order of time."""
        return silences(self.speech)

    @cached_property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Where one channel starts while another speaks, in order of time."""
        return overlaps(self.speech)

    def hit_at(self, channel: int, time_s: float, label: str, moment: Moment) -> Hit | None:
        """Evidence for a moment: the segment of the channel that is spoken at `time_s`, or nearest to it."""
        key = channel, time_s
        if key not in self._words_at:  # several rules ask about the same times
            self._words_at[key] = self._find_words_at(channel, time_s)
        found = self._words_at[key]
        return None if found is None else replace(found, phrase=label, moment=moment)

    def speech_s(self, turn: CallTurn) -> float:
        """How long the turn's channel speaks within the turn."""
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
        """Segments with text by channel, in order of time."""
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
    """By channel and for each of its spans, the time by which it and all spans before it have ended."""
    return {
        channel: tuple(accumulate((span.end_s for span in spans), max)) for channel, spans in spans_of.items()
    }


def _nearest(segments: Sequence[Segment], reach: Sequence[float], time_s: float) -> int:
    """Index of the segment that is nearest to a time, the first of several.

    Segments are in order of their starts. `reach` has for each the time by which it and all before it have
    ended; it only ever grows, so both lists can be bisected.
    """
    later = bisect_right(segments, time_s, key=lambda segment: segment.start_s)
    around = bisect_left(reach, time_s, hi=later)
    if around < later or later == 0:
        return around
    before = bisect_left(reach, reach[later - 1])
    is_later = later < len(segments) and segments[later].start_s - time_s < time_s - reach[later - 1]
    return later if is_later else before
