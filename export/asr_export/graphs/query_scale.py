"""Query scale: attention's scale is moved into the weights of the queries' norm, where it costs nothing.

Rotary positions rotate a query and keep its length, so it may be scaled before them. With a scale of 1, ONNX
Runtime's CPU kernels multiply a single query by the keys as they lie in the cache; with any other scale they
first copy the keys into another order, at every step.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from asr_export.errors import GraphBuildFailed

_SCALE = "scale"


def fold_scale(graph: onnx.GraphProto, data: Path) -> None:
    """Fold the scale of every attention into a norm. `data` is the directory of the external weights.

    The changed weights are stored in the graph itself.
    """
    makers = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}  # without those that are scaled already
    for attention in graph.node:
        if attention.op_type != "GroupQueryAttention":
            continue
        attributes = {entry.name: entry for entry in attention.attribute}
        reshape = makers.get(attention.input[0])
        norm = makers.get(reshape.input[0]) if reshape is not None and reshape.op_type == "Reshape" else None
        is_norm = norm is not None and norm.op_type == "SimplifiedLayerNormalization"
        weight = weights.pop(norm.input[1], None) if norm is not None and is_norm else None
        scale = attributes[_SCALE].f if _SCALE in attributes else 0.0
        if weight is None or scale <= 0:
            raise GraphBuildFailed(f"{attention.name} has no norm of its queries to put its scale into")
        scaled = numpy_helper.to_array(weight, str(data)) * np.float32(scale)
        weight.CopyFrom(numpy_helper.from_array(scaled.astype(np.float32), weight.name))
        attributes[_SCALE].CopyFrom(helper.make_attribute(_SCALE, 1.0))
