"""Time line of a call: speech of each channel, long silences, and findings of rules and intents.

Positions are percent of the call's duration, so that the drawing fits any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_types.transcript import Channel, Transcript
from asr_web.call.turns_view import Finding, findings
from call_analysis.report import CallReport
from call_analysis.speech import Speech, silences, speech_of

LONG_SILENCE_S = 3.0
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MAX_TICKS = 7
_MIN_WIDTH = 0.25  # percent: narrower stretches would be invisible


@dataclass(frozen=True, slots=True)
class Stretch:
    """Stretch of time: position and width in percent, and the same in seconds for tooltips."""

    left: float
    width: float
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Lane:
    """Speech of one channel."""

    channel: int
    role: str
    speech: tuple[Stretch, ...]
    share: float  # of the call's duration, percent


@dataclass(frozen=True, slots=True)
class Mark:
    """Finding on the time line."""

    left: float
    finding: Finding


@dataclass(frozen=True, slots=True)
class Tick:
    """Labelled time on the axis."""

    left: float
    at_s: float


@dataclass(frozen=True, slots=True)
class CallPicture:
    """All elements of the drawing."""

    lanes: tuple[Lane, ...]
    silences: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    duration_s: float


def call_picture(transcript: Transcript, report: CallReport) -> CallPicture:
    """Lay a call out on the time line."""
    duration_s = max(transcript.duration_s, 0.001)
    speech = speech_of(transcript)
    return CallPicture(
        lanes=tuple(_lane(channel, speech, duration_s) for channel in transcript.channels),
        silences=tuple(
            _stretch(silence.moment.start_s, silence.moment.end_s, duration_s)
            for silence in silences(speech)
            if silence.moment.length_s >= LONG_SILENCE_S
        ),
        marks=tuple(
            Mark(min(100.0, 100 * finding.at_s / duration_s), finding) for finding in findings(report)
        ),
        ticks=_ticks(duration_s),
        duration_s=duration_s,
    )


def _lane(channel: Channel, speech: Sequence[Speech], duration_s: float) -> Lane:
    own = [span for span in speech if span.channel == channel.index]
    stretches = tuple(_stretch(span.start_s, span.end_s, duration_s) for span in own)
    return Lane(channel.index, channel.role, stretches, 100 * sum(span.length_s for span in own) / duration_s)


def _stretch(start_s: float, end_s: float, duration_s: float) -> Stretch:
    left = min(100.0, 100 * start_s / duration_s)
    width = max(_MIN_WIDTH, 100 * (end_s - start_s) / duration_s)
    return Stretch(left, min(width, 100 - left), start_s, end_s)


def _ticks(duration_s: float) -> tuple[Tick, ...]:
    step_s = next((step for step in _TICKS_S if duration_s / step <= _MAX_TICKS), _TICKS_S[-1])
    # No tick in the last 4 %: its label would not fit.
    return tuple(Tick(100 * at_s / duration_s, at_s) for at_s in range(0, int(duration_s * 0.96) + 1, step_s))
