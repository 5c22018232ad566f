"""Transcript of a call: the contract between the client, the analysis, the page and other programs.

All times are seconds from the start of the recording. Everything here is plain frozen data without imports
from outside this package; `Transcript.to_dict` and `transcript_from_dict` are inverse to each other, and
`transcript.schema.json` beside this file is the published JSON schema. Timings and cache hits are no part of
a transcript: the same audio with the same model and options gives the same transcript.

Versions: a reader accepts every document of its own major version. A minor version only adds entries, which
older readers ignore; removing an entry or changing its meaning raises the major version. 1.1 added
`written` to segments.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from asr_types.finish_reason import FinishReason
from asr_types.reading import plain, read_dataclass, same_major
from asr_types.warning_code import WarningCode

SCHEMA_VERSION = "1.1"

# A longer monologue is cut into several turns, so that the time of a turn still says where to listen.
MAX_TURN_S = 60.0

ROLE_AGENT = "agent"
ROLE_CUSTOMER = "customer"
ROLE_UNKNOWN = "unknown"
ROLES = (ROLE_AGENT, ROLE_CUSTOMER, ROLE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """A stretch of speech in one channel, from voice activity detection."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the recording. Levels are dB relative to full scale; None for digital silence."""

    index: int
    role: str  # one of ROLES
    rms_dbfs: float | None
    peak_dbfs: float | None
    speech: tuple[SpeechSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """One recognised stretch of one channel; never longer than the server's limit."""

    start_s: float
    end_s: float
    channel: int
    text: str
    language: str | None  # the model's English name, e.g. "Chinese"; None where it heard no speech
    finish_reason: FinishReason | str  # a string where a later server gave a reason unknown here
    confidence: float | None  # geometric mean of token probabilities, 0..1; None when the model did not run
    num_tokens: int = 0
    written: str | None = None  # the text with numbers in figures; None where that was not asked for


@dataclass(frozen=True, slots=True)
class TranscriptWarning:
    """Something a reader must know: text may be missing, the file was cut short."""

    code: WarningCode | str  # a string where a later version wrote the document
    message: str
    start_s: float | None = None
    end_s: float | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class CallMetadata:
    """What is known about the call from outside the audio. `started_at` is ISO 8601."""

    call_id: str = ""
    source: str = ""  # file name
    agent_id: str | None = None
    customer_id: str | None = None
    started_at: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says before another one does. `segments` are indices into `Transcript.segments`."""

    role: str
    channel: int
    start_s: float
    end_s: float
    text: str
    language: str | None
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole call. Segments are ordered by start time, then channel."""

    metadata: CallMetadata
    duration_s: float
    sample_rate: int  # of the source recording, Hz
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...]
    language: str | None  # duration-weighted vote over the segments; None without speech
    model: str = ""  # name and revision that the server reported
    warnings: tuple[TranscriptWarning, ...] = ()
    schema_version: str = SCHEMA_VERSION

    @property
    def text(self) -> str:
        """All texts in order of time, one turn a line."""
        return "\n".join(turn.text for turn in self.turns())

    def turns(self) -> tuple[Turn, ...]:
        """Turns in order of time, whatever the order of the segments; segments without text are left out.

        Consecutive segments of one known speaker are one turn, up to a minute. Where the speaker is unknown
        (two people in one channel) every segment is a turn: who spoke when is not known.
        """
        indices = [index for index, segment in enumerate(self.segments) if segment.text.strip()]
        if any(self.segments[index].end_s > 0 for index in indices):  # else only the given order is known
            indices.sort(key=lambda index: (self.segments[index].start_s, self.segments[index].channel))
        groups: list[list[int]] = []
        for index in indices:
            if groups and self._continues(groups[-1], self.segments[index]):
                groups[-1].append(index)
            else:
                groups.append([index])
        return tuple(self._turn(group) for group in groups)

    def role_of(self, channel: int) -> str:
        """Role of a channel by its index; `unknown` for a channel that is not described."""
        return next((entry.role for entry in self.channels if entry.index == channel), ROLE_UNKNOWN)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON (lists, not tuples); `schema_version` comes first."""
        data: dict[str, Any] = plain(asdict(self))
        return {"schema_version": data.pop("schema_version"), **data}

    def _continues(self, indices: list[int], segment: Segment) -> bool:
        """Whether a segment belongs to the turn of these segments."""
        first = self.segments[indices[0]]
        return (
            first.channel == segment.channel
            and segment.end_s - first.start_s <= MAX_TURN_S
            and self.role_of(segment.channel) != ROLE_UNKNOWN
        )

    def _turn(self, indices: list[int]) -> Turn:
        parts = [self.segments[index] for index in indices]
        return Turn(
            role=self.role_of(parts[0].channel),
            channel=parts[0].channel,
            start_s=parts[0].start_s,
            end_s=max(part.end_s for part in parts),
            text=join_texts([part.text for part in parts]),
            language=next((part.language for part in parts if part.language), None),
            segments=tuple(indices),
        )


def join_texts(texts: list[str]) -> str:
    """Join with a space, except where Han or kana characters meet."""
    joined = ""
    for text in texts:
        between = " " if joined and text and not (_is_unspaced(joined[-1]) or _is_unspaced(text[0])) else ""
        joined += between + text
    return joined


def transcript_from_dict(data: dict[str, Any]) -> Transcript:
    """Inverse of `to_dict`.

    Raises ValueError for another major schema version and for an entry that is missing, of the wrong type, or
    a role or channel that does not exist; the message names the entry. Unknown entries are ignored.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, str):
        raise ValueError("not a transcript: schema_version is missing")
    if not same_major(version, SCHEMA_VERSION):
        raise ValueError(f"transcript schema version is {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        transcript = read_dataclass(Transcript, data)
        _check(transcript)
    except ValueError as error:
        raise ValueError(f"not a transcript: {error}") from error
    return transcript


def _check(transcript: Transcript) -> None:
    known = {channel.index for channel in transcript.channels}
    for channel in transcript.channels:
        if channel.role not in ROLES:
            raise ValueError(f"role of channel {channel.index} is {channel.role!r}; expected one of {ROLES}")
    for index, segment in enumerate(transcript.segments):
        if segment.channel not in known:
            raise ValueError(f"segments[{index}].channel is {segment.channel}; described are {sorted(known)}")
        if not 0 <= segment.start_s <= segment.end_s:
            raise ValueError(f"segments[{index}] runs from {segment.start_s} to {segment.end_s} s")


def _is_unspaced(character: str) -> bool:
    code = ord(character)
    return 0x3000 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF
