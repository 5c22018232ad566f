"""The two graphs of the scripted model."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

HIDDEN = 16
SCRIPT, IS_AUDIO, VALUE, IS_PROMPT = range(4)  # channels of an embedding
BINS_PER_SCRIPT = 16


def encoder() -> onnx.ModelProto:
    """Each second's loudest mel bin; rows beyond token_lens hold nonsense that the host must leave out."""
    nodes = [
        _node("Reshape", ["input_features", "to_chunks"], "chunks"),  # [W, 128, C, 100]
        _node("ReduceMean", ["chunks", "last"], "levels", keepdims=0),
        _node("ArgMax", ["levels"], "bins64", axis=1, keepdims=0),  # [W, C]
        _node("Cast", ["bins64"], "bins", to=TensorProto.FLOAT),
        _node("Div", ["bins", "bins_per_script"], "ratios"),
        _node("Floor", ["ratios"], "scripts"),
        _node("Unsqueeze", ["bins", "last2"], "bins_column"),
        _node("Unsqueeze", ["scripts", "last2"], "scripts_column"),
        _node("Mul", ["bins_column", "value_channel"], "values"),
        _node("Mul", ["scripts_column", "script_channel"], "script_part"),
        _node("Add", ["values", "script_part"], "sum"),
        _node("Add", ["sum", "audio_channel"], "per_chunk"),  # [W, C, H]
        _node("Unsqueeze", ["per_chunk", "two"], "per_chunk4"),
        _node("Tile", ["per_chunk4", "repeats"], "tiled"),  # [W, C, 13, H]
        _node("Reshape", ["tiled", "to_rows"], "rows"),  # [W, C*13, H]
        _node("Shape", ["rows"], "rows_shape"),
        _node("Gather", ["rows_shape", "one"], "num_rows"),
        _node("Range", ["zero", "num_rows", "one"], "positions"),
        _node("Unsqueeze", ["token_lens", "last"], "lens"),
        _node("Less", ["positions", "lens"], "valid"),
        _node("Unsqueeze", ["valid", "last"], "valid3"),
        _node("Where", ["valid3", "rows", "nonsense"], "audio_embeds"),
    ]
    constants = {
        "to_chunks": np.array([0, 128, -1, 100]),
        "to_rows": np.array([0, -1, HIDDEN]),
        "last": np.array([-1]),
        "last2": np.array([2]),
        "two": np.array([2]),
        "repeats": np.array([1, 1, 13, 1]),
        "one": np.array(1),
        "zero": np.array(0),
        "bins_per_script": np.float32(BINS_PER_SCRIPT),
        "nonsense": np.float32(1e6),
        "value_channel": _channel(VALUE),
        "script_channel": _channel(SCRIPT),
        "audio_channel": _channel(IS_AUDIO),
    }
    inputs = [
        helper.make_tensor_value_info("input_features", TensorProto.FLOAT, ["W", 128, "frames"]),
        helper.make_tensor_value_info("token_lens", TensorProto.INT64, ["W"]),
    ]
    outputs = [helper.make_tensor_value_info("audio_embeds", TensorProto.FLOAT, ["W", "tokens", HIDDEN])]
    return _model(nodes, inputs, outputs, constants)


def decoder(
    table: NDArray[np.int64], hashes: NDArray[np.int64], logprobs: NDArray[np.float32]
) -> onnx.ModelProto:
    """`table` [scripts, steps] and `hashes` hold token ids; `logprobs` is [vocab]."""
    nodes = [*_attention_nodes(), *_reading_nodes(), *_answer_nodes()]
    constants = {
        "one": np.array(1),
        "one_f": np.float32(1),
        "zero": np.array(0),
        "zero_f": np.float32(0),
        "last": np.array([-1]),
        "prompt_channel": _channel(IS_PROMPT),
        "script_at": np.array(SCRIPT),
        "audio_at": np.array(IS_AUDIO),
        "value_at": np.array(VALUE),
        "prompt_at": np.array(IS_PROMPT),
        "hash_size": np.array(len(hashes)),
        "table": table,
        "hashes": hashes,
        "logprobs": logprobs,
    }
    cache = ["B", 1, "positions", HIDDEN]
    inputs = [
        helper.make_tensor_value_info("inputs_embeds", TensorProto.FLOAT, ["B", "L", HIDDEN]),
        helper.make_tensor_value_info("last_token_index", TensorProto.INT64, ["B", 1]),
        helper.make_tensor_value_info("seqlens_k", TensorProto.INT32, ["B"]),
        helper.make_tensor_value_info("total_sequence_length", TensorProto.INT32, []),
        helper.make_tensor_value_info("past_key_values.0.key", TensorProto.FLOAT, cache),
        helper.make_tensor_value_info("past_key_values.0.value", TensorProto.FLOAT, cache),
    ]
    outputs = [
        helper.make_tensor_value_info("next_token_ids", TensorProto.INT64, ["B"]),
        helper.make_tensor_value_info("next_token_logprobs", TensorProto.FLOAT, ["B"]),
        helper.make_tensor_value_info("present.0.key", TensorProto.FLOAT, cache),
        helper.make_tensor_value_info("present.0.value", TensorProto.FLOAT, cache),
    ]
    return _model(nodes, inputs, outputs, constants)


def _attention_nodes() -> list[onnx.NodeProto]:
    """Mean of all cached values of each row; a prefill (more than one token) marks its positions."""
    cached = ["past_key_values.0.key", "past_key_values.0.value", "seqlens_k", "total_sequence_length"]
    return [
        _node("Shape", ["inputs_embeds"], "shape"),
        _node("Gather", ["shape", "one"], "num_new"),
        _node("Greater", ["num_new", "one"], "is_prefill"),
        _node("Cast", ["is_prefill"], "prefill_flag", to=TensorProto.FLOAT),
        _node("Mul", ["prefill_flag", "prompt_channel"], "mark"),
        _node("Add", ["inputs_embeds", "mark"], "values"),
        _node("Mul", ["inputs_embeds", "zero_f"], "query"),
        helper.make_node(
            "GroupQueryAttention",
            ["query", "query", "values", *cached],
            ["means", "present.0.key", "present.0.value"],
            domain="com.microsoft",
            num_heads=1,
            kv_num_heads=1,
        ),
        _node("GatherND", ["means", "last_token_index"], "mean", batch_dims=1),  # [B, H]
    ]


def _reading_nodes() -> list[onnx.NodeProto]:
    """From mean to sums, and from these to script, step and hash."""
    return [
        _node("Cast", ["seqlens_k"], "seqlens", to=TensorProto.INT64),
        _node("Add", ["seqlens", "one"], "length"),
        _node("Cast", ["length"], "length_f", to=TensorProto.FLOAT),
        _node("Unsqueeze", ["length_f", "last"], "length_column"),
        _node("Mul", ["mean", "length_column"], "sums"),
        _node("Gather", ["sums", "script_at"], "script_sum", axis=1),
        _node("Gather", ["sums", "audio_at"], "audio_sum", axis=1),
        _node("Max", ["audio_sum", "one_f"], "audio_rows"),
        _node("Div", ["script_sum", "audio_rows"], "script_mean"),
        *_rounded("script_mean", "script"),
        _node("Gather", ["sums", "prompt_at"], "prompt_sum", axis=1),
        *_rounded("prompt_sum", "prompt_length"),
        _node("Sub", ["length", "prompt_length"], "step"),
        _node("Gather", ["sums", "value_at"], "value_sum", axis=1),
        *_rounded("value_sum", "total_value"),
        _node("Mul", ["total_value", "total_value"], "square"),
        _node("Add", ["square", "step"], "mixed"),
        _node("Mod", ["mixed", "hash_size"], "hash"),
    ]


def _answer_nodes() -> list[onnx.NodeProto]:
    return [
        _node("Unsqueeze", ["script", "last"], "script_column"),
        _node("Unsqueeze", ["step", "last"], "step_column"),
        _node("Concat", ["script_column", "step_column"], "place", axis=1),
        _node("GatherND", ["table", "place"], "scripted"),
        _node("Gather", ["hashes", "hash"], "chained"),
        _node("Equal", ["script", "zero"], "is_chained"),
        _node("Where", ["is_chained", "chained", "scripted"], "next_token_ids"),
        _node("Gather", ["logprobs", "next_token_ids"], "next_token_logprobs"),
    ]


def _rounded(source: str, target: str) -> list[onnx.NodeProto]:
    return [
        _node("Round", [source], f"{target}_round"),
        _node("Cast", [f"{target}_round"], target, to=TensorProto.INT64),
    ]


def _node(kind: str, inputs: list[str], output: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [output], **attributes)


def _channel(index: int) -> NDArray[np.float32]:
    return np.eye(HIDDEN, dtype=np.float32)[index]


def _model(nodes: list, inputs: list, outputs: list, constants: dict) -> onnx.ModelProto:
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "scripted", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)
