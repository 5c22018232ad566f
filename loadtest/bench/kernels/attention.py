"""Attention benchmark: KV cache in several number types, all layers of Qwen3-ASR-0.6B, on all cores.

ONNX Runtime's kernel either goes over the cache in tiles or makes two general matrix products. Those read the
keys as they lie in the cache only when the scale is 1. The first column is what the engine uses. Each layer
has a cache of its own that is filled with numbers, because zeros that were never written cost no memory
traffic.

cd loadtest && python -m bench.kernels.attention
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from asr_engine.graphs.session import available_cores

LAYERS, HEADS, KV_HEADS, HEAD_DIM, POSITIONS = 28, 16, 8, 128, 768
CASES = ((1, 150, 1), (1, 500, 1), (8, 150, 1), (8, 500, 1), (1, 150, 150), (1, 430, 430))
REPEATS = 9
SCALE = 1 / 32  # of an int8 cache
ROPE_THETA = 1e6


@dataclass(frozen=True, slots=True)
class Kind:
    """Variant of attention: number type of the cache, number type of the computation, and method."""

    name: str
    cache: Any
    inside: Any = np.float32
    in_tiles: bool = False
    scale: float = 1.0

    @property
    def is_scaled(self) -> bool:
        return self.cache is np.int8


KINDS = (
    Kind("float32", np.float32),
    Kind("float32, scaled", np.float32, scale=HEAD_DIM**-0.5),
    Kind("float32, in tiles", np.float32, in_tiles=True),
    Kind("float16", np.float16, np.float16),
    Kind("int8", np.int8),
    Kind("int8, in tiles", np.int8, in_tiles=True),
)


def main() -> None:
    """Print milliseconds for each kind of cache and attention, and each case."""
    print(f"{'ms':<26}" + "".join(f"{kind.name:>20}" for kind in KINDS))
    for rows, length, new in CASES:
        what = f"prefill of {new} tokens" if new > 1 else f"step, {rows} x {length} positions"
        times = (_milliseconds(kind, rows, length, new) for kind in KINDS)
        print(f"{what:<26}" + "".join(f"{time:20.1f}" for time in times), flush=True)


def _milliseconds(kind: Kind, rows: int, length: int, new: int) -> float:
    """Median time for one call of attention in each of the layers."""
    session = _session(kind)
    random = np.random.default_rng(0)
    query, key = (
        random.standard_normal((rows, new, heads * HEAD_DIM)).astype(np.float32)
        for heads in (HEADS, KV_HEADS)
    )
    filled = _cache(kind, rows, random)
    caches = [filled.copy() for _ in range(2 * LAYERS)]
    layers = []
    for number in range(LAYERS):
        binding = session.io_binding()
        binding.bind_cpu_input("query", query)
        for name, cache in zip(("key", "value"), caches[2 * number :], strict=False):
            binding.bind_cpu_input(name, key)
            place = ("cpu", 0, kind.cache, list(cache.shape), cache.ctypes.data)
            binding.bind_input(f"past.{name}", *place)
            binding.bind_output(f"present.{name}", *place)
        binding.bind_cpu_input("seqlens_k", np.full(rows, length - 1, np.int32))
        binding.bind_cpu_input("total_sequence_length", np.array(length, np.int32))
        binding.bind_output("output", "cpu")
        layers.append(binding)
    times = []
    for _ in range(REPEATS):
        started_at = time.perf_counter()
        for binding in layers:
            session.run_with_iobinding(binding)
        times.append(time.perf_counter() - started_at)
    return 1000 * median(times)


def _cache(kind: Kind, rows: int, random: np.random.Generator) -> NDArray[Any]:
    values = random.standard_normal((rows, KV_HEADS, POSITIONS, HEAD_DIM), np.float32)
    return (
        np.rint(values / SCALE).clip(-127, 127).astype(np.int8)
        if kind.is_scaled
        else values.astype(kind.cache)
    )


def _session(kind: Kind) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = available_cores()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    os.environ["ORT_GQA_DISABLE_FLASH_ATTENTION"] = "0" if kind.in_tiles else "1"
    model = _model(kind).SerializeToString()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)


def _model(kind: Kind) -> ModelProto:
    """GroupQueryAttention with rotary positions; float32 inputs are cast to the type of the computation."""
    inside, cache = (helper.np_dtype_to_tensor_dtype(np.dtype(each)) for each in (kind.inside, kind.cache))
    casts = [
        helper.make_node("Cast", [name], [f"{name}.in"], to=inside) for name in ("query", "key", "value")
    ]
    nodes = [
        *casts,
        _attention(kind),
        helper.make_node("Cast", ["output.in"], ["output"], to=TensorProto.FLOAT),
    ]
    rows = ["B", KV_HEADS, POSITIONS, HEAD_DIM]
    caches = {f"{time}.{part}": (cache, rows) for time in ("past", "present") for part in ("key", "value")}
    wide, narrow = (["B", "L", heads * HEAD_DIM] for heads in (HEADS, KV_HEADS))
    inputs = {"query": (TensorProto.FLOAT, wide), "key": (TensorProto.FLOAT, narrow)}
    inputs |= {"value": (TensorProto.FLOAT, narrow), "seqlens_k": (TensorProto.INT32, ["B"])}
    inputs |= {"total_sequence_length": (TensorProto.INT32, [])}
    inputs |= {name: caches[name] for name in caches if name.startswith("past")}
    outputs = {"output": (TensorProto.FLOAT, wide)}
    outputs |= {name: caches[name] for name in caches if name.startswith("present")}
    described = [
        [helper.make_tensor_value_info(name, *spec) for name, spec in tensors.items()]
        for tensors in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "attention", *described, initializer=_constants(kind))
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _attention(kind: Kind) -> NodeProto:
    inputs = [
        "query.in",
        "key.in",
        "value.in",
        "past.key",
        "past.value",
        "seqlens_k",
        "total_sequence_length",
    ]
    inputs += ["cos", "sin"]
    attributes: dict[str, Any] = {
        "num_heads": HEADS,
        "kv_num_heads": KV_HEADS,
        "do_rotary": 1,
        "scale": kind.scale,
    }
    if kind.is_scaled:
        inputs += ["", "", "", "scale", "scale"]
        attributes |= {"k_quant_type": "PER_TENSOR", "v_quant_type": "PER_TENSOR", "kv_cache_bit_width": 8}
    outputs = ["output.in", "present.key", "present.value"]
    return helper.make_node("GroupQueryAttention", inputs, outputs, domain="com.microsoft", **attributes)


def _constants(kind: Kind) -> list[TensorProto]:
    angles = np.outer(np.arange(POSITIONS), ROPE_THETA ** (-np.arange(0, HEAD_DIM, 2) / HEAD_DIM))
    rope = [
        numpy_helper.from_array(wave(angles).astype(kind.inside), name)
        for name, wave in (("cos", np.cos), ("sin", np.sin))
    ]
    return (
        [*rope, numpy_helper.from_array(np.array([SCALE], np.float32), "scale")] if kind.is_scaled else rope
    )


if __name__ == "__main__":
    main()
