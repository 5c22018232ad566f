"""Time line of a call: when each line begins, the mixed channels, and the planted events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from make_calls.script import Call, Line
from training.sound.noise import Rng
from training.voices.speech import SAMPLE_RATE, Samples, Speech

MARGIN_S = 0.3  # before the first and after the last word


@dataclass(frozen=True, slots=True)
class Placed:
    """Line with its speech and its start time."""

    line: Line
    speech: Speech
    channel: int
    start_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.speech.samples) / SAMPLE_RATE

    def span_of(self, quote: str) -> tuple[float, float]:
        """Start and end time of words of the line. Raises ValueError when the line does not contain them."""
        first = self.line.text.index(quote)
        words = self.speech.words
        before = [word.end_ms for word in words if word.text_end <= first]
        within = [word.end_ms for word in words if first <= word.text_start < first + len(quote)]
        return self.start_s + max(before, default=0.0) / 1000, self.start_s + max(within) / 1000


def placed_lines(call: Call, speeches: Sequence[Speech], rng: Rng) -> list[Placed]:
    """Place lines one after another with pauses, except at planted silences and interruptions."""
    placed: list[Placed] = []
    for line, speech in zip(call.lines, speeches, strict=True):
        start_s = MARGIN_S
        if placed:
            latest_s = max(entry.end_s for entry in placed)
            start_s = latest_s + (line.silence_s or rng.uniform(*call.pause_s))
        if line.overlap_s:
            start_s = placed[-1].end_s - line.overlap_s
        placed.append(Placed(line, speech, call.channel_of(line.who), start_s))
    return placed


def mixed(call: Call, lines: Sequence[Placed]) -> list[Samples]:
    """Samples of each channel at 16 kHz."""
    count = round((max(line.end_s for line in lines) + MARGIN_S) * SAMPLE_RATE)
    channels = [np.zeros(count, np.float32) for _ in call.roles]
    for line in lines:
        start = round(line.start_s * SAMPLE_RATE)
        channels[line.channel][start : start + len(line.speech.samples)] += line.speech.samples
    return channels


def segments(lines: Sequence[Placed]) -> list[dict[str, Any]]:
    """Lines with their times, for references.json."""
    return [
        {
            "channel": placed.channel,
            "start_s": round(placed.start_s, 2),
            "end_s": round(placed.end_s, 2),
            "text": placed.line.text,
            "held_out": placed.line.held_out,
        }
        for placed in lines
    ]


def events(call: Call, lines: Sequence[Placed]) -> list[dict[str, Any]]:
    """Events planted for the analysis to find, in order of time, for references.json."""
    planted = []
    for before, placed in zip([None, *lines], lines, strict=False):
        for kind, quote in placed.line.quotes.items():
            planted.append(_event(kind, placed, *placed.span_of(quote), quote))
        if before and placed.line.silence_s:
            planted.append(_event("long-silence", placed, before.end_s, placed.start_s))
        if before and placed.line.overlap_s:
            both_until_s = min(before.end_s, placed.end_s)
            planted.append(_event("interruption", placed, placed.start_s, both_until_s))
    if call.no_closing:
        last = [placed for placed in lines if placed.line.who == "agent"][-1]
        planted.append(_event("closing", last, last.start_s, last.end_s))
    return sorted(planted, key=lambda event: float(event["start_s"]))


def _event(
    kind: str, placed: Placed, start_s: float, end_s: float, quote: str | None = None
) -> dict[str, Any]:
    """Event for references.json. Without `quote` the whole line is quoted."""
    return {
        "kind": kind,
        "channel": placed.channel,
        "start_s": round(start_s, 2),
        "end_s": round(end_s, 2),
        "quote": quote or placed.line.text,
    }
