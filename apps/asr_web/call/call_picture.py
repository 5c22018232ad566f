"""Time line of a call: speech of each channel, long silences, and findings of rules and intents.

Positions are percent of the call's duration, so that the drawing fits any width.
"""

from __future__ import annotations

from dataclasses import dataclass

from asr_types.transcript import Transcript
from asr_web.call.turns_view import Finding, findings
from call_analysis.report import CallReport

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
    return CallPicture(
        lanes=tuple(_lane(transcript, channel.index, duration_s) for channel in transcript.channels),
        silences=tuple(_stretch(start, end, duration_s) for start, end in _silences(transcript)),
        marks=tuple(
            Mark(min(100.0, 100 * finding.at_s / duration_s), finding) for finding in findings(report)
        ),
        ticks=_ticks(duration_s),
        duration_s=duration_s,
    )


def _lane(transcript: Transcript, index: int, duration_s: float) -> Lane:
    (channel,) = (entry for entry in transcript.channels if entry.index == index)
    speech = tuple(_stretch(span.start_s, span.end_s, duration_s) for span in channel.speech)
    spoken_s = sum(span.end_s - span.start_s for span in channel.speech)
    return Lane(index, channel.role, speech, 100 * spoken_s / duration_s)


def _silences(transcript: Transcript) -> list[tuple[float, float]]:
    """Stretches between the first and the last speech in which nobody speaks for LONG_SILENCE_S or more."""
    spans = sorted((span.start_s, span.end_s) for channel in transcript.channels for span in channel.speech)
    gaps = []
    quiet_from = spans[0][1] if spans else 0.0
    for start_s, end_s in spans:
        if start_s - quiet_from >= LONG_SILENCE_S:
            gaps.append((quiet_from, start_s))
        quiet_from = max(quiet_from, end_s)
    return gaps


def _stretch(start_s: float, end_s: float, duration_s: float) -> Stretch:
    left = min(100.0, 100 * start_s / duration_s)
    width = max(_MIN_WIDTH, 100 * (end_s - start_s) / duration_s)
    return Stretch(left, min(width, 100 - left), start_s, end_s)


def _ticks(duration_s: float) -> tuple[Tick, ...]:
    step_s = next((step for step in _TICKS_S if duration_s / step <= _MAX_TICKS), _TICKS_S[-1])
    # No tick in the last 4 %: its label would not fit.
    return tuple(Tick(100 * at_s / duration_s, at_s) for at_s in range(0, int(duration_s * 0.96) + 1, step_s))
