"""How large a recording may be before it is refused instead of worked on for a day."""

from __future__ import annotations

from dataclasses import dataclass, fields

from asr_client.errors import InvalidAudio, InvalidOption

MIN_SOURCE_RATE = 8_000
MAX_SOURCE_RATE = 192_000


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Limits for one recording, checked before it is decoded; its duration is checked again meanwhile."""

    max_bytes: int = 8 * 1024**3
    max_duration_s: float = 8 * 3600.0
    max_channels: int = 8

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < float("inf"):
                raise InvalidOption(f"{field.name} is {value}; expected a number above 0")

    def check_size(self, name: str, size: int) -> None:
        """Raises InvalidAudio for a file of too many bytes."""
        if size > self.max_bytes:
            raise InvalidAudio(f"{name} has {size} bytes; allowed are {self.max_bytes}")

    def check_source(self, name: str, sample_rate: int, channels: int) -> None:
        """Raises InvalidAudio for a rate or a number of channels that no call has."""
        if not MIN_SOURCE_RATE <= sample_rate <= MAX_SOURCE_RATE:
            raise InvalidAudio(
                f"{name}: sample rate is {sample_rate} Hz; "
                f"allowed are {MIN_SOURCE_RATE} to {MAX_SOURCE_RATE} Hz"
            )
        if not 1 <= channels <= self.max_channels:
            raise InvalidAudio(f"{name} has {channels} channels; allowed are 1 to {self.max_channels}")

    def check_duration(self, name: str, duration_s: float) -> None:
        """Raises InvalidAudio for a recording that is too long."""
        if duration_s > self.max_duration_s:
            raise InvalidAudio(
                f"{name} is longer than {self.max_duration_s / 3600:g} h, the limit; split it first"
            )
