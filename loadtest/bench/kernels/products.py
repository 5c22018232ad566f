"""Product benchmark: one matrix product in several precisions, in processor time of one thread.

cd loadtest && python -m bench.kernels.products
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from asr_export.quantisation.row_quantisation import quantise_columns, quantise_rows

SHAPES = ((1024, 3072), (3072, 1024), (896, 3584))  # K, N of Qwen3-ASR-0.6B: up, down, encoder
ROWS = (1, 8, 104, 150)  # a decode step alone and of eight, a window, a prompt
BLOCK = 32
SECONDS = 0.3

Floats = NDArray[np.float32]


def main() -> None:
    """Print GFLOP/s for each shape and scheme."""
    for k, n in SHAPES:
        weight = (np.random.default_rng(0).standard_normal((k, n)) / np.sqrt(k)).astype(np.float32)
        sessions = {
            "fp32": _session(_fp32(weight)),
            "blocks": _session(_blocks(weight)),
            "per tensor": _session(_per_tensor(weight)),
            "per row": _session(_per_row(weight)),
        }
        for rows in ROWS:
            x = np.random.default_rng(1).standard_normal((rows, k)).astype(np.float32)
            speeds = {name: 2 * rows * k * n / _fastest(session, x) for name, session in sessions.items()}
            shown = "  ".join(f"{name} {speed / 1e9:5.0f}" for name, speed in speeds.items())
            print(f"[{rows:3} x {k}] @ [{k} x {n}] GFLOP/s: {shown}", flush=True)


def _fp32(weight: Floats) -> onnx.ModelProto:
    return _model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weight})


def _blocks(weight: Floats) -> onnx.ModelProto:
    """MatMulNBits as onnxruntime-genai builds it. The values of the weights do not affect its speed."""
    k, n = weight.shape
    attributes = {"K": k, "N": n, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
    node = helper.make_node("MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", **attributes)
    scales = np.full((n, k // BLOCK), 0.01, np.float32)
    return _model([node], {"w": np.full((n, k // BLOCK, BLOCK), 131, np.uint8), "s": scales})


def _per_tensor(weight: Floats) -> onnx.ModelProto:
    columns, steps = quantise_columns(weight)
    node = helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s"], ["y"], domain="com.microsoft")
    return _model([node], {"w": columns, "s": steps})


def _per_row(weight: Floats) -> onnx.ModelProto:
    """Product as the exporter writes it."""
    with tempfile.TemporaryDirectory() as directory:
        source, target = Path(directory, "fp32.onnx"), Path(directory, "int8.onnx")
        onnx.save(_fp32(weight), source)
        quantise_rows(source, target)
        return onnx.load(target)


def _model(nodes: list[onnx.NodeProto], weights: dict[str, NDArray[np.generic]]) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["M", "K"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["M", "N"])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _fastest(session: ort.InferenceSession, x: Floats) -> float:
    session.run(None, {"x": x})
    times: list[float] = []
    while sum(times) < SECONDS or len(times) < 3:
        started = time.process_time()
        session.run(None, {"x": x})
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
