"""Residual stream of the decoder in float32, for weights whose stream exceeds float16.

In a model trained in bfloat16, single channels of the stream may grow beyond 65504. Only the additions and
the norms on the stream change; matrices, attention and the cache stay in float16.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from asr_export.errors import GraphBuildFailed
from asr_export.graphs.token_lookup import EMBEDS

_NORMS = ("SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization")


def widen_residual(graph: onnx.GraphProto) -> None:
    """Cast values that enter the stream to float32, and the output of each norm back to float16."""
    stream = {EMBEDS: "wide/embeds"}  # names on the stream, and their wide tensors
    widened: set[str] = set()  # branches and weights
    nodes = [] if _is_made(graph, EMBEDS) else [_cast(EMBEDS, stream[EMBEDS], TensorProto.FLOAT)]
    for node in graph.node:
        if node.op_type in _NORMS and node.input[0] in stream:
            nodes.extend(_in_float32(node, stream, widened))
        else:
            nodes.append(node)
            if EMBEDS in node.output:
                nodes.append(_cast(EMBEDS, stream[EMBEDS], TensorProto.FLOAT))
    if len(stream) == 1:
        raise GraphBuildFailed("the decoder graph has no residual stream to widen")
    del graph.node[:]
    graph.node.extend(nodes)
    kept = [entry for entry in graph.value_info if entry.name not in stream]
    del graph.value_info[:]
    graph.value_info.extend(kept)


def _in_float32(norm: onnx.NodeProto, stream: dict[str, str], widened: set[str]) -> list[onnx.NodeProto]:
    """The norm in float32, with the casts around it that do not exist yet."""
    norm = onnx.NodeProto.FromString(norm.SerializeToString())
    before = []
    norm.input[0] = stream[norm.input[0]]
    for position in range(1, len(norm.input)):  # the branch that is added, and the weight
        narrow = norm.input[position]
        norm.input[position] = f"wide/{narrow}"
        if narrow not in widened:
            widened.add(narrow)
            before.append(_cast(narrow, norm.input[position], TensorProto.FLOAT))
    normed = norm.output[0]
    norm.output[0] = f"wide/{normed}"
    if len(norm.output) > 3:  # the sum, which goes on as the stream
        stream[norm.output[3]] = norm.output[3]
    return [*before, norm, _cast(norm.output[0], normed, TensorProto.FLOAT16)]


def _cast(source: str, target: str, dtype: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"{target}/Cast", to=dtype)


def _is_made(graph: onnx.GraphProto, name: str) -> bool:
    return any(name in node.output for node in graph.node)
