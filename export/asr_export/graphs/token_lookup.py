"""Token lookup inside the decoder graph, so that the host sends ids to a device instead of vectors.

`input_ids` below the vocabulary's size are tokens; `vocab_size + r` stands for row r of `audio_embeds`, the
encoder's output as it lies in memory. Head and embeddings are tied, so one matrix serves both.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from asr_export.errors import GraphBuildFailed

IDS, AUDIO, EMBEDS = "input_ids", "audio_embeds", "inputs_embeds"
_HEAD = "lm_head.MatMul.weight"  # [hidden, vocab]


def look_up_in_graph(graph: onnx.GraphProto) -> None:
    """Replace the input `inputs_embeds` [B, L, H] by `input_ids` [B, L] and `audio_embeds` [W, T, H]."""
    embeds = next((entry for entry in graph.input if entry.name == EMBEDS), None)
    head = next((tensor for tensor in graph.initializer if tensor.name == _HEAD), None)
    if embeds is None or head is None or len(head.dims) != 2:
        raise GraphBuildFailed(f"the decoder graph has no {EMBEDS} or no plain {_HEAD}")
    hidden_size, vocab_size = head.dims
    dtype = embeds.type.tensor_type.elem_type
    graph.input.remove(embeds)
    graph.input.extend(
        [
            helper.make_tensor_value_info(IDS, TensorProto.INT64, ["batch_size", "sequence_length"]),
            helper.make_tensor_value_info(AUDIO, dtype, ["windows", "window_tokens", hidden_size]),
        ]
    )
    graph.initializer.extend(_constants(hidden_size, vocab_size))
    for position, node in enumerate(_nodes()):
        graph.node.insert(position, node)


def _constants(hidden_size: int, vocab_size: int) -> list[onnx.TensorProto]:
    return [
        helper.make_tensor("lookup/vocab_size", TensorProto.INT64, [], [vocab_size]),
        helper.make_tensor("lookup/last_token", TensorProto.INT64, [], [vocab_size - 1]),
        helper.make_tensor("lookup/zero", TensorProto.INT64, [], [0]),
        helper.make_tensor("lookup/last_axis", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("lookup/rows_of_hidden", TensorProto.INT64, [2], [-1, hidden_size]),
    ]


def _nodes() -> list[onnx.NodeProto]:
    """Nodes of the lookup.

    Both tables are read at every position; the result of the wrong one is discarded.
    """
    make = helper.make_node
    return [
        make("Greater", [IDS, "lookup/last_token"], ["lookup/is_audio"]),
        make("Where", ["lookup/is_audio", "lookup/zero", IDS], ["lookup/token"]),
        make("Gather", [_HEAD, "lookup/token"], ["lookup/columns"], axis=1),  # [H, B, L]
        make("Transpose", ["lookup/columns"], ["lookup/token_embeds"], perm=[1, 2, 0]),
        make("Sub", [IDS, "lookup/vocab_size"], ["lookup/offset"]),
        make("Where", ["lookup/is_audio", "lookup/offset", "lookup/zero"], ["lookup/row"]),
        make("Reshape", [AUDIO, "lookup/rows_of_hidden"], ["lookup/rows"]),
        make("Gather", ["lookup/rows", "lookup/row"], ["lookup/audio_embeds"], axis=0),  # [B, L, H]
        make("Unsqueeze", ["lookup/is_audio", "lookup/last_axis"], ["lookup/is_audio_row"]),
        make("Where", ["lookup/is_audio_row", "lookup/audio_embeds", "lookup/token_embeds"], [EMBEDS]),
    ]
