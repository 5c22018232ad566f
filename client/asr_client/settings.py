"""Settings of a client. Frozen values; ranges are checked when they are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from asr_client.conditioning import Conditioning
from asr_client.errors import InvalidOption
from asr_client.limits import AudioLimits
from asr_client.segments.segmentation import LEAST_MAX_S, MAX_SEGMENT_S

_MAX_PORT = 65535
_LONGEST_S = 7 * 86_400.0  # what is longer was a mistake, and overflows where it is counted in microseconds
_HEADER_NAME = re.compile(r"[0-9a-z_.-]+")


class Priority(Enum):
    """Whom the server takes first. The values are Triton priority levels; 1 belongs to its own probes."""

    INTERACTIVE = 2
    BULK = 3

    @property
    def deadline_s(self) -> float:
        """A deadline of which half is longer than the server lets such a request wait in its queue."""
        return 1500.0 if self is Priority.BULK else 180.0


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for an encrypted connection. Without `root_certificates` gRPC's own roots are trusted."""

    root_certificates: Path | None = None
    private_key: Path | None = None
    certificate_chain: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How to reach a server and how long to try.

    A segment has `deadline_s` (None: 180 s, for bulk 1500 s) from its first attempt to its answer, retries
    and pauses included; one attempt has `attempt_s` (None: half the deadline), so that a server which
    swallowed a request costs an attempt and not the call. Between attempts it waits `backoff_s`, then twice
    as long each time up to `max_backoff_s`; with the defaults the pauses outlast a restart of the server.

    `queue_timeout_s` is how long the server may leave a request waiting; None takes the server's default. A
    request that waited too long there is not retried. `concurrency` bounds the segments in flight for each
    `transcribe` call. `headers` go with every request, for authorization.

    `max_segment_s` is the longest segment that is sent; the server takes 30 s. `limits` bound a recording,
    `conditioning` says what is done to its samples.
    """

    address: str = "127.0.0.1:8001"
    model: str = "qwen3_asr"
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
        if not self.model:
            raise InvalidOption("model is empty; expected the name of the model on the server")
        self._check_positive("deadline_s", self.deadline_s)
        self._check_positive("attempt_s", self.attempt_s)
        self._check_positive("queue_timeout_s", self.queue_timeout_s)
        self._check_positive("max_backoff_s", self.max_backoff_s)
        self._check_from("concurrency", self.concurrency, 1)
        self._check_from("retries", self.retries, 0)
        self._check_from("backoff_s", self.backoff_s, 0)
        if not LEAST_MAX_S <= self.max_segment_s <= MAX_SEGMENT_S:
            raise InvalidOption(
                f"max_segment_s is {self.max_segment_s}; expected {LEAST_MAX_S:g} to {MAX_SEGMENT_S:g}"
            )
        self._check_headers()

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
        """How long to wait after that many attempts. `chance` from 0 to 1 takes up to half of it away, so
        that clients which failed together do not return together."""
        longest = min(self.backoff_s * 2.0 ** (attempts - 1), self.max_backoff_s)
        return longest * (1.0 - 0.5 * chance)

    def _check_headers(self) -> None:
        """gRPC's rules; what it says itself looks like a server that is not there. Values may be secret."""
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
