"""Tensors that stay where the graphs run, so that a call hands the next one an address instead of a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import DTypeLike, NDArray

from asr_engine.graphs.session import Device


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """Rows [first, first + count) of an encoder output [W, T, hidden] taken as [W·T, hidden].

    Many windows share one tensor; it is freed with the last of them. numpy functions take it as an array and
    get a copy on the host.
    """

    tensor: ort.OrtValue
    first: int
    count: int

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self.tensor.numpy()
        rows = whole.reshape(-1, whole.shape[-1])[self.first : self.first + self.count]
        return np.array(rows, dtype)


AudioEmbeds = NDArray[Any] | DeviceRows  # of one window, [tokens, hidden]


def place(array: NDArray[Any], device: Device) -> ort.OrtValue:
    """A tensor on the device with the array's content."""
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), device.kind, device.index)
