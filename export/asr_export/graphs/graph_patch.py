"""Patches that turn the builder's decoder graph into the engine's: rows of different length, greedy choice.

Only the protobuf is edited. The weights stay in the builder's data file, which is renamed.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from asr_export.errors import GraphBuildFailed
from asr_export.graphs.query_scale import fold_scale
from asr_export.graphs.token_lookup import look_up_in_graph
from asr_export.graphs.unused_nodes import drop_unused_nodes
from asr_export.graphs.wide_residual import widen_residual

SEQLENS = "seqlens_k"
TOTAL = "total_sequence_length"
LAST_TOKEN = "last_token_index"
_GQA_SEQLENS, _GQA_TOTAL = 5, 6  # positions among GroupQueryAttention's inputs


def patch_decoder(
    built: Path,
    target: Path,
    *,
    scale_in_norms: bool = False,
    embeds_in_graph: bool = False,
    residual_in_float32: bool = False,
) -> None:
    """Read the builder's graph, patch it and write `target`, with its weights in `target`.data."""
    model = onnx.load(built, load_external_data=False)
    graph = model.graph
    _replace_mask_by_lengths(graph)
    _gather_last_real_token(graph)
    _add_greedy_choice(graph)
    if scale_in_norms:
        fold_scale(graph, built.parent)
    if embeds_in_graph:
        look_up_in_graph(graph)
    if residual_in_float32:
        widen_residual(graph)
    drop_unused_nodes(graph)
    data = target.name + ".data"
    for tensor in graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            next(entry for entry in tensor.external_data if entry.key == "location").value = data
    (built.parent / (built.name + ".data")).rename(target.parent / data)
    target.write_bytes(model.SerializeToString())


def _replace_mask_by_lengths(graph: onnx.GraphProto) -> None:
    """Replace the attention mask by lengths, which GroupQueryAttention takes and the engine knows."""
    attentions = [node for node in graph.node if node.op_type == "GroupQueryAttention"]
    if not attentions:
        raise GraphBuildFailed("the decoder graph has no GroupQueryAttention to patch")
    for node in attentions:
        node.input[_GQA_SEQLENS] = SEQLENS
        node.input[_GQA_TOTAL] = TOTAL
    mask = next((entry for entry in graph.input if entry.name == "attention_mask"), None)
    if mask is None:
        raise GraphBuildFailed("the decoder graph has no attention_mask to replace")
    graph.input.remove(mask)
    graph.input.append(helper.make_tensor_value_info(SEQLENS, TensorProto.INT32, ["batch_size"]))
    graph.input.append(helper.make_tensor_value_info(TOTAL, TensorProto.INT32, []))


def _gather_last_real_token(graph: onnx.GraphProto) -> None:
    """Take position `last_token_index` of each row instead of the last one, because rows are right-padded."""
    for index, node in enumerate(graph.node):
        if node.op_type == "Gather" and node.name.endswith("/prune/Gather"):
            patched = helper.make_node(
                "GatherND",
                [node.input[0], LAST_TOKEN],
                list(node.output),
                name=node.name + "ND",
                batch_dims=1,
            )
            graph.node.remove(node)
            graph.node.insert(index, patched)
            graph.input.append(
                helper.make_tensor_value_info(LAST_TOKEN, TensorProto.INT64, ["batch_size", 1])
            )
            return
    raise GraphBuildFailed("the decoder graph has no last-token Gather to patch")


def _add_greedy_choice(graph: onnx.GraphProto) -> None:
    """Add outputs for each row's most likely token and its log-probability in fp32.

    Only operators that every provider has are used.
    """
    graph.initializer.append(helper.make_tensor("greedy/flat", TensorProto.INT64, [1], [-1]))
    graph.node.extend(
        [
            helper.make_node("Cast", ["logits"], ["greedy/logits"], to=TensorProto.FLOAT),
            helper.make_node("ArgMax", ["greedy/logits"], ["greedy/best"], axis=-1, keepdims=1),
            helper.make_node("LogSoftmax", ["greedy/logits"], ["greedy/logprobs"], axis=-1),
            helper.make_node("GatherElements", ["greedy/logprobs", "greedy/best"], ["greedy/chosen"], axis=2),
            helper.make_node("Reshape", ["greedy/best", "greedy/flat"], ["next_token_ids"]),
            helper.make_node("Reshape", ["greedy/chosen", "greedy/flat"], ["next_token_logprobs"]),
        ]
    )
    outputs = [
        helper.make_tensor_value_info("next_token_ids", TensorProto.INT64, ["batch_size"]),
        helper.make_tensor_value_info("next_token_logprobs", TensorProto.FLOAT, ["batch_size"]),
    ]
    for position, output in enumerate(outputs, start=1):
        graph.output.insert(position, output)
