"""Tensors that stay on the device of the graphs: one call passes an address to the next, not a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import DTypeLike, NDArray

from asr_engine.device import Device


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """Rows [first, first + count) of an encoder output [W, T, hidden] taken as [W·T, hidden].

    The windows of one encoder call share its output tensor, which is freed with the last of them. numpy
    functions accept these rows as an array and get a copy on the host.
    """

    tensor: ort.OrtValue
    first: int
    count: int

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self.tensor.numpy()
        rows = whole.reshape(-1, whole.shape[-1])[self.first : self.first + self.count]
        return np.array(rows, dtype)


AudioEmbeds = NDArray[Any] | DeviceRows  # of one window, [tokens, hidden]


def copy_to_device(array: NDArray[Any], device: Device) -> ort.OrtValue:
    """A new tensor on the device with the array's content."""
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), device.kind, device.index)
