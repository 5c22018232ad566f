"""Written-out norms: the CUDA decoder in a form that the CPU provider can run and that can be checked here.

For CUDA, GroupQueryAttention norms queries and keys itself, which the CPU kernel refuses. As separate nodes
before the attention these norms compute the same. Weights and all other nodes stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from asr_export.errors import GraphBuildFailed

_NORM_WEIGHTS = {0: 14, 1: 15}  # positions among the operator's inputs: query and key → weight of the norm
_NUM_INPUTS = 14  # without the weights


def write_out_norms(source: Path, target: Path) -> None:
    """Write `source` with its norms written out.

    `target` must lie beside it, as both read the same weights.
    """
    model = onnx.load(source, load_external_data=False)
    graph = model.graph
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "GroupQueryAttention":
            nodes.extend(_norms_of(node, graph))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    target.write_bytes(model.SerializeToString())


def _norms_of(attention: onnx.NodeProto, graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Nodes of the norms. Changes the attention: it takes their outputs, and no norm weights any more."""
    if len(attention.input) <= max(_NORM_WEIGHTS.values()):
        raise GraphBuildFailed(f"{attention.name} does not norm its queries and keys")
    settings = {entry.name: helper.get_attribute_value(entry) for entry in attention.attribute}
    head_counts = {0: settings["num_heads"], 1: settings["kv_num_heads"]}
    nodes = []
    for position, weight_position in _NORM_WEIGHTS.items():
        weight = attention.input[weight_position]
        source, prefix = attention.input[position], f"{attention.input[position]}/norm"
        (head_dim,) = next(tensor.dims for tensor in graph.initializer if tensor.name == weight)
        shapes = {
            f"{prefix}/heads": [0, -1, head_dim],
            f"{prefix}/row": [0, -1, head_counts[position] * head_dim],
        }
        for name, shape in shapes.items():
            graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [3], shape))
        nodes += [
            helper.make_node("Reshape", [source, f"{prefix}/heads"], [f"{prefix}/in"]),
            helper.make_node(
                "SimplifiedLayerNormalization",
                [f"{prefix}/in", weight],
                [f"{prefix}/out"],
                axis=-1,
                epsilon=settings["qk_norm_epsilon"],
                stash_type=1,
            ),
            helper.make_node("Reshape", [f"{prefix}/out", f"{prefix}/row"], [f"{prefix}/rows"]),
        ]
        attention.input[position] = f"{prefix}/rows"
    del attention.input[_NUM_INPUTS:]
    _drop(attention, "qk_norm_epsilon")
    return nodes


def _drop(node: onnx.NodeProto, attribute: str) -> None:
    kept = [entry for entry in node.attribute if entry.name != attribute]
    del node.attribute[:]
    node.attribute.extend(kept)
