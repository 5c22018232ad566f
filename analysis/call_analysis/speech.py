"""Speech of a call by voice activity: who speaks when, the silences, and where two speak at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_types.transcript import Transcript
from call_analysis.hits import Moment


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of speech of one speaker."""

    role: str
    channel: int
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody speaks between the end of `before` and the start of `after`."""

    before: Speech
    after: Speech

    @property
    def moment(self) -> Moment:
        """From the end of the speech before to the start of the speech after."""
        return Moment(self.before.end_s, self.after.start_s)

    @property
    def is_change(self) -> bool:
        """Whether another role speaks after it."""
        return self.before.role != self.after.role


@dataclass(frozen=True, slots=True)
class Overlap:
    """`interrupting` starts while `interrupted` speaks."""

    interrupting: Speech
    interrupted: Speech

    @property
    def moment(self) -> Moment:
        """The time in which both speak."""
        return Moment(self.interrupting.start_s, min(self.interrupting.end_s, self.interrupted.end_s))


def speech_of(transcript: Transcript) -> tuple[Speech, ...]:
    """All stretches of speech in order of time; empty where the transcript has no speech times."""
    spans = [
        Speech(channel.role, channel.index, span.start_s, span.end_s)
        for channel in transcript.channels
        for span in channel.speech
        if span.end_s > span.start_s
    ]
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s, span.channel)))


def silences(speech: Sequence[Speech]) -> tuple[Silence, ...]:
    """The silences between stretches of speech that are in order of time.

    The time before the first and after the last speech is no silence.
    """
    found: list[Silence] = []
    last: Speech | None = None  # the one that ends last
    for span in speech:
        if last is not None and span.start_s > last.end_s:
            found.append(Silence(last, span))
        if last is None or span.end_s > last.end_s:
            last = span
    return tuple(found)


def overlaps(speech: Sequence[Speech]) -> tuple[Overlap, ...]:
    """Where one channel starts while another speaks. Of two that start together neither interrupts."""
    found: list[Overlap] = []
    speaking: list[Speech] = []
    for span in speech:
        speaking = [other for other in speaking if other.end_s > span.start_s]
        found.extend(
            Overlap(span, other)
            for other in speaking
            if other.channel != span.channel and other.start_s < span.start_s
        )
        speaking.append(span)
    return tuple(found)
