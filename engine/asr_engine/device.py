"""Device on which the graphs run and the KV cache lies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeviceKind(StrEnum):
    """Kinds of devices; the values are ONNX Runtime's names."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Device:
    """One device; `index` counts the GPUs of this machine."""

    kind: DeviceKind
    index: int = 0
