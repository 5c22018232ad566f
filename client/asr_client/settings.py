"""Settings of a client: how to reach a server, and the recognition settings, as one flat set of keywords."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from asr_client.conditioning import Conditioning
from asr_client.errors import InvalidOption
from asr_client.limits import AudioLimits
from asr_client.recognition_settings import DEFAULT_MODEL, RecognitionSettings
from asr_client.segments.segmentation import MAX_SEGMENT_S

_MAX_PORT = 65535
_LONGEST_S = 7 * 86_400.0  # longer times are mistakes, and overflow where they are counted in microseconds
_HEADER_NAME = re.compile(r"[0-9a-z_.-]+")


class Priority(Enum):
    """Order in the server's queue: Triton's priority levels. Level 1 is for the server's own probes."""

    INTERACTIVE = 2
    BULK = 3

    @property
    def deadline_s(self) -> float:
        """Default deadline: half of it is longer than the server lets such a request wait in its queue."""
        return 1500.0 if self is Priority.BULK else 180.0


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for an encrypted connection. Without `root_certificates` gRPC's own roots are trusted."""

    root_certificates: Path | None = None
    private_key: Path | None = None
    certificate_chain: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How to reach a server and how long to try, and what decides the text.

    A segment has `deadline_s` (None: 180 s, for bulk 1500 s) from its first attempt to its answer, retries
    and pauses included. One attempt has `attempt_s` (None: half the deadline), so that a server which never
    answers one request costs an attempt and not the call. The pause before the first retry is `backoff_s`;
    it doubles for each further one up to `max_backoff_s`. The default pauses outlast a restart of the server.

    `queue_timeout_s` is how long the server may leave a request waiting; None takes the server's default. A
    request that waited too long there is not retried. `concurrency` bounds the segments in flight for each
    `transcribe` call. `headers` go with every request, for authorization.

    `model`, `max_segment_s` (3 to 30 s), `limits` of a recording and `conditioning` of its samples decide the
    text. `recognition` holds these four, and code that recognises sees only them.
    """

    address: str = "127.0.0.1:8001"
    model: str = DEFAULT_MODEL
    priority: Priority = Priority.INTERACTIVE
    deadline_s: float | None = None
    attempt_s: float | None = None
    queue_timeout_s: float | None = None
    concurrency: int = 8
    retries: int = 6
    backoff_s: float = 0.5
    max_backoff_s: float = 8.0
    tls: TlsFiles | None = None
    headers: dict[str, str] = field(default_factory=dict)
    max_segment_s: float = MAX_SEGMENT_S
    limits: AudioLimits = field(default_factory=AudioLimits)
    conditioning: Conditioning = field(default_factory=Conditioning)

    def __post_init__(self) -> None:
        host, _, port = self.address.rpartition(":")
        if not host or not port.isdecimal() or "/" in host:
            raise InvalidOption(f"address is {self.address!r}; expected host:port")
        if not 1 <= int(port) <= _MAX_PORT:  # gRPC takes the rest of the division by 65536
            raise InvalidOption(f"address is {self.address!r}; expected a port from 1 to {_MAX_PORT}")
        self._check_positive("deadline_s", self.deadline_s)
        self._check_positive("attempt_s", self.attempt_s)
        self._check_positive("queue_timeout_s", self.queue_timeout_s)
        self._check_positive("max_backoff_s", self.max_backoff_s)
        self._check_from("concurrency", self.concurrency, 1)
        self._check_from("retries", self.retries, 0)
        self._check_from("backoff_s", self.backoff_s, 0)
        _ = self.recognition  # checks its own ranges
        self._check_headers()

    @property
    def recognition(self) -> RecognitionSettings:
        """What decides the text."""
        return RecognitionSettings(self.model, self.max_segment_s, self.limits, self.conditioning)

    @property
    def segment_deadline_s(self) -> float:
        """Longest time from the first attempt at a segment to its answer."""
        return self.priority.deadline_s if self.deadline_s is None else self.deadline_s

    @property
    def attempt_deadline_s(self) -> float:
        """Longest time one attempt may take."""
        deadline_s = self.segment_deadline_s
        return deadline_s / 2 if self.attempt_s is None else min(self.attempt_s, deadline_s)

    def pause_s(self, attempts: int, chance: float) -> float:
        """How long to wait after that many attempts. `chance`, from 0 to 1, shortens the pause by up to a
        half, so that clients which failed at the same moment do not retry at the same moment."""
        longest = min(self.backoff_s * 2.0 ** (attempts - 1), self.max_backoff_s)
        return longest * (1.0 - 0.5 * chance)

    def _check_headers(self) -> None:
        """gRPC's rules: it reports a header that breaks them as a server that is unavailable.

        Values may be secret, so no message holds them.
        """
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise InvalidOption(f"header name is {name!r}; expected lower case, such as 'authorization'")
            if not (value.isascii() and value.isprintable()):
                raise InvalidOption(f"the value of header {name!r} holds more than printable ASCII")

    @staticmethod
    def _check_positive(name: str, value: float | None) -> None:
        if value is not None and not 0 < value <= _LONGEST_S:
            raise InvalidOption(f"{name} is {value}; expected seconds above 0, at most {_LONGEST_S:.0f}")

    @staticmethod
    def _check_from(name: str, value: float, lowest: int) -> None:
        if not lowest <= value < float("inf"):
            raise InvalidOption(f"{name} is {value}; expected {lowest} or more")
