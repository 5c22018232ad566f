"""Speakers of a recording: one for each channel, or those of the turns that a diarisation tool found in one.

Each speaker becomes one channel of the transcript. This client does not tell voices apart itself: a single
channel without turns is one unknown speaker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr_client.audio.energy import SAMPLE_RATE
from asr_client.audio.vad import Span, Speech
from asr_client.errors import InvalidOption
from asr_client.segments.first_pass import ChannelFindings, FirstPass
from asr_types.roles import check_role
from asr_types.transcript import ROLE_AGENT, ROLE_CUSTOMER, ROLE_UNKNOWN

_TOLERATED_S = 1.0  # speech outside all turns that is not worth a warning


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """One stretch of one speaker, as another tool found it; turns of different speakers may overlap."""

    start_s: float
    end_s: float
    speaker: str
    role: str = ROLE_UNKNOWN

    def __post_init__(self) -> None:
        if not (0 <= self.start_s < self.end_s and math.isfinite(self.end_s)):
            raise InvalidOption(f"a turn of {self.speaker!r} runs from {self.start_s} to {self.end_s} s")
        _check_role(self.role)


@dataclass(frozen=True, slots=True)
class Track:
    """One speaker: a channel of the transcript, heard in `column` of the recording where `speech` says."""

    channel: int
    role: str
    column: int
    speech: Speech
    findings: ChannelFindings


def tracks_of_channels(first_pass: FirstPass, roles: Sequence[str] | None) -> tuple[Track, ...]:
    """One speaker a channel. Raises InvalidOption."""
    channels = first_pass.channels
    return tuple(
        Track(index, role, index, channel.speech, channel)
        for index, (role, channel) in enumerate(
            zip(channel_roles(roles, len(channels)), channels, strict=True)
        )
    )


def tracks_of_turns(first_pass: FirstPass, turns: Sequence[SpeakerTurn]) -> tuple[Track, ...]:
    """The speakers of a single channel, in the order in which they are first heard. Raises InvalidOption."""
    if len(first_pass.channels) != 1:
        raise InvalidOption(
            f"turns are for one channel; {first_pass.name} has {len(first_pass.channels)}, one speaker each"
        )
    (channel,) = first_pass.channels
    speakers: dict[str, list[SpeakerTurn]] = {}
    for turn in sorted(turns, key=lambda turn: turn.start_s):
        speakers.setdefault(turn.speaker, []).append(turn)
    return tuple(
        Track(
            index,
            _single_role(own),
            0,
            Speech(_merged(own, channel.samples), channel.speech.voiced),
            channel,
        )
        for index, own in enumerate(speakers.values())
    )


def speech_outside_s(tracks: Sequence[Track]) -> float:
    """Seconds of detected speech that no track covers; 0.0 where they are too few for a warning."""
    outside = np.zeros(max(track.findings.samples for track in tracks), np.bool_)
    for track in tracks:
        for span in track.findings.speech.spans:
            outside[span.start : span.end] = True
    for track in tracks:
        for span in track.speech.spans:
            outside[span.start : span.end] = False
    seconds = float(np.count_nonzero(outside)) / SAMPLE_RATE
    return seconds if seconds > _TOLERATED_S else 0.0


def channel_roles(roles: Sequence[str] | None, channels: int) -> tuple[str, ...]:
    """Role of each channel. Raises InvalidOption.

    A single channel may hold several speakers, so it is `unknown` unless exactly one role is given.
    """
    for role in roles or ():
        _check_role(role)
    if roles is not None and len(roles) == channels:
        return tuple(roles)
    if channels == 1:
        return (ROLE_UNKNOWN,)
    if roles is not None:
        raise InvalidOption(f"{len(roles)} roles for {channels} channels; expected one for each")
    return (ROLE_AGENT, ROLE_CUSTOMER) if channels == 2 else (ROLE_UNKNOWN,) * channels


def _check_role(role: str) -> None:
    try:
        check_role(role)
    except ValueError as error:
        raise InvalidOption(str(error)) from error


def _single_role(turns: Sequence[SpeakerTurn]) -> str:
    roles = {turn.role for turn in turns}
    if len(roles) > 1:
        raise InvalidOption(f"speaker {turns[0].speaker!r} has the roles {', '.join(sorted(roles))}")
    return turns[0].role


def _merged(turns: Sequence[SpeakerTurn], samples: int) -> tuple[Span, ...]:
    """Turns of one speaker as spans inside the recording; those that overlap or touch become one."""
    spans: list[Span] = []
    for turn in turns:
        start, end = (min(round(at * SAMPLE_RATE), samples) for at in (turn.start_s, turn.end_s))
        if spans and start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        elif start < end:
            spans.append(Span(start, end))
    return tuple(spans)
