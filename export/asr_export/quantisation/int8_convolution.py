"""Convolutions of the encoder (3x3, stride 2) in int8. A chunk's result depends on that chunk alone.

The second and third convolution are half of the encoder's arithmetic. Channels are the last dimension, so
that a patch is nine runs of channels, copied as bytes. Activations after GELU lie in [-0.17, largest]; each
chunk has its own step and zero point for that range.
"""

from __future__ import annotations

from itertools import product
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812

from asr_export.quantisation.row_quantisation import quantise_columns

_GELU_MINIMUM = 0.17  # the true one is -0.16997
_LEVELS = 255
_TAPS = tuple(product(range(3), range(3)))  # row, column of a 3x3 kernel


class Int8Convolutions(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by mypy
    """Three convolutions, each followed by GELU: [N, 1, mel, frames] f32 → [N, d, mel/8, frames/8] f32."""

    def __init__(self, first: torch.nn.Conv2d, *others: torch.nn.Conv2d) -> None:
        super().__init__()
        self.kernel = torch.nn.Parameter(_as_product(first))  # [9, d]; too small to be worth int8
        self.bias = first.bias
        self.others = torch.nn.ModuleList(_Int8Convolution(convolution) for convolution in others)

    def forward(self, chunks: torch.Tensor) -> torch.Tensor:
        """Convolve. Between the convolutions channels are the last dimension."""
        padded = F.pad(chunks.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        hidden = F.gelu(_patches(padded) @ self.kernel + self.bias)
        for convolution in self.others:
            hidden = F.gelu(convolution(hidden))
        return hidden.permute(0, 3, 1, 2)


class _Int8Convolution(torch.nn.Module):  # type: ignore[misc]
    """One convolution with channels last: [N, rows, columns, d] → [N, rows/2, columns/2, d]."""

    def __init__(self, convolution: torch.nn.Conv2d) -> None:
        super().__init__()
        weight, steps = quantise_columns(_as_product(convolution).numpy())
        self.register_buffer("weight", torch.from_numpy(weight))  # [9·d, d] int8
        self.register_buffer("steps", torch.from_numpy(steps))
        self.register_buffer(
            "column_sums", torch.from_numpy(weight.sum(axis=0, dtype="int64") * steps).float()
        )
        self.bias = convolution.bias

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        largest = hidden.amax((1, 2, 3))  # [N]
        step = (torch.clamp(largest, min=0.0) + _GELU_MINIMUM) / _LEVELS
        zero = torch.round(_GELU_MINIMUM / step)  # [N]
        padded = F.pad(hidden, (0, 0, 1, 1, 1, 1))
        rounded = _quantise(padded, step, zero.to(torch.uint8))
        whole = self._product(_patches(rounded))  # steps of the activations
        step, zero = step[:, None, None, None], zero[:, None, None, None]
        return whole * step + (self.bias - step * zero * self.column_sums)

    def _product(self, patches: torch.Tensor) -> torch.Tensor:
        one = torch.tensor(1.0)
        shape = (*patches.shape[:-1], self.weight.shape[1])
        inputs = (patches, self.weight, one, self.steps)
        return _operator("com.microsoft::MatMulIntegerToFloat", inputs, torch.float32, shape, version=1)


def _quantise(values: torch.Tensor, step: torch.Tensor, zero: torch.Tensor) -> torch.Tensor:
    """Quantise with a step and a zero point for each entry of the first dimension."""
    return _operator("QuantizeLinear", (values, step, zero), torch.uint8, values.shape, version=19, axis=0)


def _operator(
    name: str,
    inputs: tuple[torch.Tensor, ...],
    dtype: torch.dtype,
    shape: object,
    version: int,
    **attributes: int,
) -> torch.Tensor:
    """ONNX operator without a counterpart in PyTorch. It serves the export only and computes nothing here."""
    result = torch.onnx.ops.symbolic(name, inputs, attributes, dtype=dtype, shape=shape, version=version)
    return cast(torch.Tensor, result)


def _patches(padded: torch.Tensor) -> torch.Tensor:
    """Patches of a padded image: [N, rows + 2, columns + 2, d] → [N, rows/2, columns/2, 9·d]."""
    rows, columns = padded.shape[1] - 2, padded.shape[2] - 2
    return torch.cat([padded[:, i : i + rows : 2, j : j + columns : 2] for i, j in _TAPS], dim=-1)


def _as_product(convolution: torch.nn.Conv2d) -> torch.Tensor:
    """Kernel as a matrix in the order of a patch: [out, in, 3, 3] → [9·in, out]."""
    return convolution.weight.detach().permute(2, 3, 1, 0).flatten(0, 2).contiguous()
