"""Limits of a recording: larger ones are refused, so that no file keeps a client busy for a day."""

from __future__ import annotations

from dataclasses import dataclass, fields

from asr_client.errors import InvalidAudio, InvalidOption


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Limits for one recording, checked before it is decoded; its duration is checked again on the way.

    Messages name a limit after its option on the command line: `max-size` for `--max-size`. Rates are in Hz.
    """

    max_bytes: float = 8e9
    max_duration_s: float = 8 * 3600.0
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < float("inf"):
                raise InvalidOption(f"{field.name} is {value}; expected a number above 0")
        if self.min_rate > self.max_rate:
            raise InvalidOption(f"min_rate is {self.min_rate}; expected at most max_rate, {self.max_rate}")

    def check_size(self, name: str, size: int) -> None:
        """Raises InvalidAudio for a file of too many bytes."""
        if size > self.max_bytes:
            raise InvalidAudio(f"{name} has {size} bytes; allowed are {self.max_bytes:.0f} (limit max-size)")

    def check_source(self, name: str, sample_rate: int, channels: int) -> None:
        """Raises InvalidAudio for a sample rate or a number of channels outside the limits."""
        if not self.min_rate <= sample_rate <= self.max_rate:
            limit = "min-rate" if sample_rate < self.min_rate else "max-rate"
            raise InvalidAudio(
                f"{name}: sample rate is {sample_rate} Hz; "
                f"allowed are {self.min_rate} to {self.max_rate} Hz (limit {limit})"
            )
        if not 1 <= channels <= self.max_channels:
            raise InvalidAudio(
                f"{name} has {channels} channels; allowed are 1 to {self.max_channels} (limit max-channels)"
            )

    def check_duration(self, name: str, duration_s: float) -> None:
        """Raises InvalidAudio for a recording that is too long."""
        if duration_s > self.max_duration_s:
            raise InvalidAudio(
                f"{name} is longer than {self.max_duration_s / 3600:g} h (limit max-duration); split it first"
            )
