"""A tiny model whose answers are known beforehand, behind the same graph contract as an exported one.

The encoder hears one tone for each second. The tone of the clip selects a script; the decoder answers with
that script's tokens. Nothing is remembered outside the KV cache: the script, the length of the prompt and
the number of tokens so far are all read back from it (GroupQueryAttention with equal weights gives the mean
of the cached values). Script 0 has no table: each token is a hash of everything in the row's cache, so that
one wrong or foreign position changes all that follows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from asr_engine.config import EngineConfig
from asr_engine.features import mel_filters
from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    TOKENIZER_NAME,
    AudioDims,
    Dtypes,
    Manifest,
    TextDims,
    TokenIds,
    describe_file,
)

CHAINED, CHINESE, ENGLISH, LOOPING, ENDLESS, BROKEN_ROW, CRASHING, NO_SPEECH = range(8)
CHINESE_TEXT, ENGLISH_TEXT = "你好，请问一下。", "Hello there, how are you?"

RATE, WINDOW_FRAMES, MAX_POSITIONS = 16000, 200, 512
# The scripted tokenizer has one token for each byte, hence the generous cap.
CONFIG = EngineConfig(slots=3, lookahead=2, max_positions=MAX_POSITIONS, intra_op_threads=1, base_tokens=60)
_HIDDEN = 16
_SCRIPT, _IS_AUDIO, _VALUE, _IS_PROMPT = range(4)  # channels of an embedding
_MAX_STEPS = 600
_BINS_PER_SCRIPT = 16
_HASH_SIZE = 997
_CONTROLS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|audio_start|>",
    "<|audio_end|>",
    "<|audio_pad|>",
    "<|im_start|>",
)
_NOT_A_TOKEN = 9999


def clip(script: int, seconds: float = 1.0, dtype: type = np.float32) -> NDArray[np.float32]:
    """A tone that makes the model follow a script."""
    return melody([_BINS_PER_SCRIPT * script + 8], seconds, dtype)


def melody(bins: list[int], seconds: float, dtype: type = np.float32) -> NDArray[np.float32]:
    """One tone a second, over and over; bins below 16 are script 0, and each changes its answer."""
    frequencies = np.arange(201) * RATE / 400
    peaks = [float(frequencies[mel_filters(201, 128, RATE)[:, index].argmax()]) for index in bins]
    time_s = np.arange(int(seconds * RATE)) / RATE
    tone = 0.5 * np.sin(2 * np.pi * np.take(peaks, time_s.astype(int) % len(peaks)) * time_s)
    return (tone * 32767).astype(np.int16) if dtype is np.int16 else tone.astype(dtype)


def write_scripted_model(directory: Path) -> None:
    """Write a complete artifact directory."""
    tokenizer = _tokenizer()
    tokenizer.save(str(directory / TOKENIZER_NAME))
    np.save(directory / EMBEDDINGS_NAME, _embeddings(tokenizer.get_vocab_size()))
    onnx.save(_encoder(), directory / ENCODER_NAME)
    onnx.save(_decoder(tokenizer), directory / DECODER_NAME)
    names = (TOKENIZER_NAME, EMBEDDINGS_NAME, ENCODER_NAME, DECODER_NAME)
    _manifest(tokenizer, {name: describe_file(directory / name) for name in names}).save(directory)


def _manifest(tokenizer: Tokenizer, files: dict) -> Manifest:
    return Manifest(
        target="cpu-fp32",
        source="scripted",
        revision="1",
        layout="hf",
        audio=AudioDims(RATE, 128, 400, 160, 8000, 100, 13, WINDOW_FRAMES, _HIDDEN),
        text=TextDims(1, _HIDDEN, 1, _HIDDEN, tokenizer.get_vocab_size(), MAX_POSITIONS),
        tokens=TokenIds(
            end_of_text=(tokenizer.token_to_id("<|im_end|>"), tokenizer.token_to_id("<|endoftext|>")),
            audio_pad=tokenizer.token_to_id("<|audio_pad|>"),
            asr_text=tokenizer.token_to_id("<asr_text>"),
        ),
        dtypes=Dtypes("float32", "float32", "float32", "float32"),
        languages={"zh": "Chinese", "en": "English"},
        files=files,
        checked=True,
    )


def _tokenizer() -> Tokenizer:
    """One token for each byte, so that every character beyond ASCII can be cut in the middle."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({character: index for index, character in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _CONTROLS])
    tokenizer.add_tokens([AddedToken("<asr_text>", normalized=False)])
    return tokenizer


def _scripts(tokenizer: Tokenizer) -> NDArray[np.int64]:
    end = tokenizer.token_to_id("<|im_end|>")
    texts = {
        CHINESE: f"language Chinese<asr_text>{CHINESE_TEXT}",
        ENGLISH: f"language English<asr_text>{ENGLISH_TEXT}",
        LOOPING: "language English<asr_text>Well, " + "no, " * _MAX_STEPS,
        ENDLESS: "language English<asr_text>" + _random_letters(_MAX_STEPS),
        NO_SPEECH: "language None<asr_text>",
    }
    table = np.full((8, _MAX_STEPS), end, np.int64)
    for script, text in texts.items():
        ids = tokenizer.encode(text).ids[:_MAX_STEPS]
        table[script, : len(ids)] = ids
    table[BROKEN_ROW] = table[CRASHING] = table[ENDLESS]
    table[BROKEN_ROW, 5] = tokenizer.token_to_id("<|audio_start|>")  # its log-probability is NaN
    table[CRASHING, 5] = _NOT_A_TOKEN
    return table


def _random_letters(count: int) -> str:
    return "".join(np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), count))


def _embeddings(vocab_size: int) -> NDArray[np.float32]:
    table = np.zeros((vocab_size, _HIDDEN), np.float32)
    table[:, _VALUE] = np.arange(vocab_size) % 32
    return table


def _encoder() -> onnx.ModelProto:
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
        "to_rows": np.array([0, -1, _HIDDEN]),
        "last": np.array([-1]),
        "last2": np.array([2]),
        "two": np.array([2]),
        "repeats": np.array([1, 1, 13, 1]),
        "one": np.array(1),
        "zero": np.array(0),
        "bins_per_script": np.float32(_BINS_PER_SCRIPT),
        "nonsense": np.float32(1e6),
        "value_channel": _channel(_VALUE),
        "script_channel": _channel(_SCRIPT),
        "audio_channel": _channel(_IS_AUDIO),
    }
    inputs = [
        helper.make_tensor_value_info("input_features", TensorProto.FLOAT, ["W", 128, "frames"]),
        helper.make_tensor_value_info("token_lens", TensorProto.INT64, ["W"]),
    ]
    outputs = [helper.make_tensor_value_info("audio_embeds", TensorProto.FLOAT, ["W", "tokens", _HIDDEN])]
    return _model(nodes, inputs, outputs, constants)


def _decoder(tokenizer: Tokenizer) -> onnx.ModelProto:
    nodes = [*_attention_nodes(), *_reading_nodes(), *_answer_nodes()]
    logprobs = -np.arange(1, tokenizer.get_vocab_size() + 1, dtype=np.float32) / 1000
    logprobs[tokenizer.token_to_id("<|audio_start|>")] = np.nan
    hashes = np.array(tokenizer.encode(_random_letters(_HASH_SIZE)).ids)
    hashes[5::70] = tokenizer.token_to_id("<|im_end|>")
    constants = {
        "one": np.array(1),
        "one_f": np.float32(1),
        "zero": np.array(0),
        "zero_f": np.float32(0),
        "last": np.array([-1]),
        "prompt_channel": _channel(_IS_PROMPT),
        "script_at": np.array(_SCRIPT),
        "audio_at": np.array(_IS_AUDIO),
        "value_at": np.array(_VALUE),
        "prompt_at": np.array(_IS_PROMPT),
        "hash_size": np.array(_HASH_SIZE),
        "table": _scripts(tokenizer),
        "hashes": hashes,
        "logprobs": logprobs,
    }
    cache = ["B", 1, "positions", _HIDDEN]
    inputs = [
        helper.make_tensor_value_info("inputs_embeds", TensorProto.FLOAT, ["B", "L", _HIDDEN]),
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
    return np.eye(_HIDDEN, dtype=np.float32)[index]


def _model(nodes: list, inputs: list, outputs: list, constants: dict) -> onnx.ModelProto:
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "scripted", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)
