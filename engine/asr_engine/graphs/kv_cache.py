"""KV cache: one array for each layer and each of key and value, with the slot as the first dimension."""

from __future__ import annotations

import math

import numpy as np
import onnxruntime as ort

from asr_engine.device import Device
from asr_engine.errors import ConfigError
from asr_engine.manifest import TextDims


class KvCache:
    """Arrays [slots, kv_heads, max_positions, head_dim]; a call over slots [s, s+B) binds the address of s.

    The graph's past and present tensors are bound to the same memory, so that a step writes one position and
    copies nothing.
    """

    def __init__(self, dims: TextDims, slots: int, max_positions: int, dtype: str, device: Device) -> None:
        self._device = device
        self._dtype = np.dtype(dtype)
        self._row = (dims.num_kv_heads, max_positions, dims.head_dim)
        self._names = [f"{layer}.{part}" for layer in range(dims.num_layers) for part in ("key", "value")]
        try:
            self._arrays = {name: self._zeros(slots) for name in self._names}
        except (MemoryError, RuntimeError) as error:
            gigabytes = self.bytes_for(dims, slots, max_positions, dtype) / 1e9
            raise ConfigError(f"no memory for the KV cache: {slots} slots of {max_positions} positions need "
                              f"{gigabytes:.2f} GB on {device.kind}") from error  # fmt: skip

    @staticmethod
    def bytes_for(dims: TextDims, slots: int, max_positions: int, dtype: str) -> int:
        """Memory of the whole cache."""
        per_position = 2 * dims.num_layers * dims.num_kv_heads * dims.head_dim * np.dtype(dtype).itemsize
        return slots * max_positions * per_position

    def bind(self, binding: ort.IOBinding, first_slot: int, rows: int) -> None:
        """Bind every past and present tensor to slots [first_slot, first_slot + rows)."""
        offset = first_slot * math.prod(self._row) * self._dtype.itemsize
        shape = [rows, *self._row]
        for name in self._names:
            pointer = self._arrays[name].data_ptr() + offset
            location = (self._device.kind, self._device.index, self._dtype, shape, pointer)
            binding.bind_input(f"past_key_values.{name}", *location)
            binding.bind_output(f"present.{name}", *location)

    def _zeros(self, slots: int) -> ort.OrtValue:
        # Uninitialised memory may hold NaN, and a masked position is multiplied by zero, which leaves NaN.
        zeros = np.zeros((slots, *self._row), self._dtype)
        return ort.OrtValue.ortvalue_from_numpy(zeros, self._device.kind, self._device.index)
