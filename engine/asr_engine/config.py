"""Engine settings as read from engine.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from asr_engine.device import DeviceKind
from asr_engine.errors import ConfigError

AUTO_DEVICE = "auto"


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """All settings with their defaults; an unknown key or a value out of range is refused."""

    device: str = AUTO_DEVICE  # auto (what the artifacts were exported for) | cpu | cuda
    slots: int = 0  # sequences that decode together; 0: what suits the machine (slot_count.py)
    max_positions: int = 1024  # prompt + output tokens of one sequence
    lookahead: int = 2  # requests accepted beyond the slots, to have one encoded when a slot becomes free
    max_audio_s: float = 30.5  # 30-s segments with padding
    max_encode_windows: int = 4  # windows in one encoder step
    intra_op_threads: int = 0  # 0: the cores of this machine
    feature_threads: int = 1
    max_context_tokens: int = 256
    base_tokens: int = 24  # token cap = base + per_second * duration
    tokens_per_second: float = 14.0
    silence_dbfs: float = -65.0  # loudest 50-ms frame below this: answered as silence
    repetition_max_period: int = 12  # longest repeated unit, tokens
    repetition_min_repeats: int = 6  # a unit is a loop when it comes this often in a row …
    repetition_min_tokens: int = 24  # … and its repeats cover this many tokens
    ignore_end_of_text: bool = False  # for benchmarks: every row runs up to its token cap

    def __post_init__(self) -> None:
        _check_types(self)
        _require(self.device in (AUTO_DEVICE, *DeviceKind), "device", self.device, "'auto', 'cpu' or 'cuda'")
        _require(0 <= self.slots <= 1024, "slots", self.slots, "0 to 1024")
        _require(64 <= self.max_positions <= 65536, "max_positions", self.max_positions, "64 to 65536")
        _require(0 <= self.lookahead <= 256, "lookahead", self.lookahead, "0 to 256")
        _require(0.5 <= self.max_audio_s <= 1200, "max_audio_s", self.max_audio_s, "0.5 to 1200")
        _require(
            1 <= self.max_encode_windows <= 256, "max_encode_windows", self.max_encode_windows, "1 to 256"
        )
        _require(0 <= self.intra_op_threads <= 1024, "intra_op_threads", self.intra_op_threads, "0 to 1024")
        _require(1 <= self.feature_threads <= 64, "feature_threads", self.feature_threads, "1 to 64")
        _require(self.max_context_tokens >= 0, "max_context_tokens", self.max_context_tokens, "0 or more")
        _require(self.base_tokens >= 1, "base_tokens", self.base_tokens, "1 or more")
        _require(self.tokens_per_second > 0, "tokens_per_second", self.tokens_per_second, "above 0")
        _require(self.silence_dbfs <= 0, "silence_dbfs", self.silence_dbfs, "0 or less")
        _require(
            self.repetition_max_period >= 1, "repetition_max_period", self.repetition_max_period, "1 or more"
        )
        _require(
            self.repetition_min_repeats >= 2,
            "repetition_min_repeats",
            self.repetition_min_repeats,
            "2 or more",
        )
        _require(
            self.repetition_min_tokens >= 2, "repetition_min_tokens", self.repetition_min_tokens, "2 or more"
        )

    @classmethod
    def load(cls, path: Path) -> EngineConfig:
        """Read engine.json; raises ConfigError naming the file, the key, its value and what is allowed."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: not readable as JSON: {error}") from error
        if not isinstance(data, dict):
            raise ConfigError(f"{path}: expected a JSON object, got {type(data).__name__}")
        try:
            return cls.from_dict(data)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> EngineConfig:
        """Build from plain data; raises ConfigError on unknown keys."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ConfigError(f"unknown key {unknown[0]!r}; allowed: {', '.join(known)}")
        return cls(**data)


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "str": (str,),
    "int": (int,),
    "float": (int, float),
}


def _check_types(config: EngineConfig) -> None:
    for field in fields(config):
        value = getattr(config, field.name)
        wanted = str(field.type)
        if isinstance(value, bool) != (wanted == "bool") or not isinstance(value, _ACCEPTED[wanted]):
            raise ConfigError(f"{field.name} is {value!r}; a value of type {wanted} is needed")


def _require(holds: bool, name: str, got: object, allowed: str) -> None:
    if not holds:
        raise ConfigError(f"{name} is {got!r}; allowed: {allowed}")
