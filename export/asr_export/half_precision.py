"""Float16 numerics of the decoder on a machine without a GPU.

The decoder built for CUDA norms queries and keys inside GroupQueryAttention, which the CPU provider cannot
do. The graph built for the CPU computes the same and can be converted, weights and activations alike.
"""

from __future__ import annotations

import os
from pathlib import Path

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

_COPIES_IN_MEMORY = 3  # of the fp32 weights: loaded, converted, serialised


def fits_in_memory(data: Path) -> bool:
    """Whether the conversion of a graph with this data file can be expected to fit."""
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return data.stat().st_size * _COPIES_IN_MEMORY < available


def convert_to_float16(source: Path, target: Path) -> None:
    """Write the float16 form of a graph, with its weights in `target`.data."""
    converted = convert_float_to_float16(onnx.load(source), disable_shape_infer=True)
    onnx.save(
        converted, target, save_as_external_data=True, location=target.name + ".data", size_threshold=1024
    )
