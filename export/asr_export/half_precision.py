"""Float16 numerics of the decoder on a machine without a GPU.

The decoder built for CUDA norms queries and keys inside GroupQueryAttention, which the CPU provider cannot
do. The graph built for the CPU computes the same and can be converted, weights and activations alike.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

_COPIES_IN_MEMORY = 3  # of the fp32 weights: loaded, converted, serialised


def fits_in_memory(data: Path) -> bool:
    """Whether the conversion of a graph with this data file can be expected to fit."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available_kib = int(fields["MemAvailable"].split()[0])
    return data.stat().st_size * _COPIES_IN_MEMORY < available_kib * 1024


def convert_to_float16(source: Path, target: Path) -> None:
    """Write the float16 form of a graph, with its weights in `target`.data."""
    converted = convert_float_to_float16(onnx.load(source), disable_shape_infer=True)
    onnx.save(
        converted, target, save_as_external_data=True, location=target.name + ".data", size_threshold=1024
    )
