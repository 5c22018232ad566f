"""Ceilings of the processor, measured in the same run: memory bandwidth and multiply-adds per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

STREAM_BYTES = 1 << 29  # far beyond any cache
GEMM_SIZE = 2048
REPEATS = 3
_OPSET, _IR_VERSION = 20, 10


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Peak rates. Each is the best of several tries, since other programs can only lower a rate."""

    bytes_per_s: float  # reading
    fp32_macs_per_s: float
    bf16_macs_per_s: float
    int8_macs_per_s: float

    def macs_per_s(self, precision: str) -> float:
        """`precision` is fp32, bf16 or int8."""
        value: float = asdict(self)[f"{precision}_macs_per_s"]
        return value

    @classmethod
    def best(cls, several: Iterable[Ceilings]) -> Ceilings:
        """The highest rate of each kind."""
        columns = zip(*(asdict(one).values() for one in several), strict=True)
        return cls(*(max(column) for column in columns))


def measure_ceilings(threads: int, *, size: int = GEMM_SIZE, stream_bytes: int = STREAM_BYTES) -> Ceilings:
    """Measure a sum over a large array, and square matrix products in the library that is faster at them.

    Only PyTorch has bf16. In 8 bits ONNX Runtime's unsigned-by-signed kernel is by far the fastest, and in
    fp32 the faster library depends on the processor.
    """
    torch.set_num_threads(threads)
    stream = torch.ones(stream_bytes // 4)
    single = torch.randn(size, size)
    half = single.bfloat16()
    unsigned = np.full((size, size), 200, np.uint8)
    int8_product = _onnx_product("MatMulInteger", unsigned, np.full((size, size), 100, np.int8), threads)
    fp32_product = _onnx_product("MatMul", single.numpy(), single.numpy(), threads)
    macs = size**3
    return Ceilings(
        bytes_per_s=stream_bytes / _fastest_s(stream.sum),
        fp32_macs_per_s=macs / min(_fastest_s(lambda: single @ single), _fastest_s(fp32_product)),
        bf16_macs_per_s=macs / _fastest_s(lambda: half @ half),
        int8_macs_per_s=macs / _fastest_s(int8_product),
    )


def _onnx_product(
    operator: str, left: NDArray[Any], right: NDArray[Any], threads: int
) -> Callable[[], object]:
    """Function that runs one product in ONNX Runtime; the right side is constant, as weights are."""
    of = helper.np_dtype_to_tensor_dtype
    result = TensorProto.INT32 if operator == "MatMulInteger" else of(left.dtype)
    graph = helper.make_graph(
        [helper.make_node(operator, ["left", "right"], ["product"])],
        operator,
        [helper.make_tensor_value_info("left", of(left.dtype), left.shape)],
        [helper.make_tensor_value_info("product", result, left.shape)],
        [numpy_helper.from_array(right, "right")],
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.SerializeToString(), options)
    return lambda: session.run(None, {"left": left})


def _fastest_s(work: Callable[[], object]) -> float:
    work()  # first calls build kernels
    times = []
    for _ in range(REPEATS):
        started_at = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_at)
    return min(times)
