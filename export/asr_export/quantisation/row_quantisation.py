"""Row quantisation: matrix products in int8 whose result for a row depends on that row alone.

Each column of a weight has a scale that is fixed at export; each row of the activations gets its scale while
the graph runs. The dynamic quantisation of ONNX Runtime takes one scale for the whole tensor: a loud row
would change a quiet one, and a request's text would depend on the other requests of its batch. Here a row
gives the same result alone and in a batch, to the last bit, because sums of integers are exact.

    x [.., K] f32 ─ divide by the row's largest |x| ─ round to u8 around 128 ─┐
    w [K, N] s8, scale [N] ───────────────────────────────────────────────────┴─ product ─ times that largest

Activations are unsigned and weights signed because processors have instructions for that combination; with
both signed, ONNX Runtime is many times slower on x86.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

from asr_export.errors import GraphBuildFailed
from asr_export.graphs.unused_nodes import drop_unused_nodes

Floats = NDArray[np.float32]
LEVELS = 127  # steps on either side of the zero point
ZERO_POINT = 128
FEWEST_TERMS = 32  # in a shorter product the passes around it cost more than int8 saves
SMALLEST = 1e-9  # stands for the largest value of a row of zeros
_MICROSOFT = "com.microsoft"
_SCALE, _ZERO, _AXES, _SMALLEST, _ONE = (
    f"row_int8/{name}" for name in ("scale", "zero_point", "axes", "smallest", "one")
)


def quantise_rows(source: Path, target: Path) -> None:
    """Write `source` to `target` with products by constant matrices in int8; weights go to `target`.data."""
    model = onnx.load(source)
    _Rewrite(model.graph).run()
    data = target.name + ".data"
    onnx.save(model, target, save_as_external_data=True, location=data, size_threshold=1024)
    (target.parent / data).chmod(target.stat().st_mode)  # ONNX makes it readable for its owner only


def quantise_columns(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Quantise a weight: [K, N] → int8 [K, N], and the size of one step of each column, [N]."""
    steps = (np.maximum(np.abs(weight).max(axis=0), SMALLEST) / LEVELS).astype(np.float32)
    return np.rint(weight / steps).astype(np.int8), steps


@dataclass(frozen=True, slots=True)
class _Rows:
    """Names of tensors with quantised activations: u8 values, and the largest absolute value of each row."""

    values: str
    largest: str


class _Rewrite:
    """Replaces the nodes of one graph, in order."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output}
        self._nodes: list[NodeProto] = []
        self._rows: dict[str, _Rows] = {}  # by the activation they were made from

    def run(self) -> None:
        self._add_constants()
        for node in self._graph.node:
            if self._is_long_product(node):
                weight = self._constant(node.input[1])
                self._product(node.input[0], node.input[1], weight, node.output[0])
            elif node.op_type == "Attention" and node.domain == _MICROSOFT:
                self._attention(node)
            else:
                self._nodes.append(node)
        if not self._rows:
            raise GraphBuildFailed("the graph has no product by a constant matrix to quantise")
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        _drop_unused(self._graph)

    def _is_long_product(self, node: NodeProto) -> bool:
        weight = self._constants.get(node.input[1]) if node.op_type == "MatMul" else None
        return weight is not None and weight.dims[0] >= FEWEST_TERMS

    def _product(self, x: str, name: str, weight: Floats, output: str) -> None:
        """Add output = x @ weight. Activations that several products read are quantised once."""
        if x not in self._rows:
            self._rows[x] = self._quantise(x)
        rows = self._rows[x]
        if f"{name}/int8" not in self._constants:  # weights may be shared
            columns, steps = quantise_columns(weight)
            self._add(f"{name}/int8", columns)
            self._add(f"{name}/steps", steps / np.float32(LEVELS))  # a row's largest value is LEVELS steps
        inputs = [rows.values, f"{name}/int8", _ONE, f"{name}/steps", _ZERO]
        self._node("MatMulIntegerToFloat", inputs, f"{output}/of_largest", domain=_MICROSOFT)
        self._node("Mul", [f"{output}/of_largest", rows.largest], output)

    def _quantise(self, x: str) -> _Rows:
        rows = _Rows(f"{x}/u8", f"{x}/largest")
        self._node("Abs", [x], f"{x}/abs")
        self._node("ReduceMax", [f"{x}/abs", _AXES], f"{x}/max", keepdims=1)
        self._node("Max", [f"{x}/max", _SMALLEST], rows.largest)
        self._node("Div", [x, rows.largest], f"{x}/share")
        self._node("QuantizeLinear", [f"{x}/share", _SCALE, _ZERO], rows.values)
        return rows

    def _attention(self, node: NodeProto) -> None:
        """Split an Attention node, which multiplies by its weights itself, into a product and the rest."""
        x, weight, bias, mask_index, past, attention_bias = node.input
        if mask_index or past:
            raise GraphBuildFailed("an Attention with a mask index or a past is not expected in an encoder")
        output = node.output[0]
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        parts = [f"{output}/{part}" for part in ("query", "key", "value")]
        self._product(x, weight, self._constant(weight), f"{output}/product")
        self._node("Add", [f"{output}/product", bias], f"{output}/packed")
        self._nodes.append(helper.make_node("Split", [f"{output}/packed"], parts, axis=-1, num_outputs=3))
        attention = [*parts, "", "", attention_bias]
        kept = {name: attributes[name] for name in ("num_heads", "scale") if name in attributes}
        self._node("MultiHeadAttention", attention, output, domain=_MICROSOFT, **kept)

    def _constant(self, name: str) -> Floats:
        """Value of an initializer, or of initializers joined by a Concat."""
        if name in self._constants:
            return np.asarray(numpy_helper.to_array(self._constants[name]), np.float32)
        node = self._producers[name]
        if node.op_type != "Concat":
            raise GraphBuildFailed(f"{name} is a {node.op_type}; a constant is needed")
        return np.concatenate([self._constant(part) for part in node.input], axis=node.attribute[0].i)

    def _add_constants(self) -> None:
        self._add(_SCALE, np.float32(1 / LEVELS))
        self._add(_ZERO, np.uint8(ZERO_POINT))
        self._add(_AXES, np.array([-1], np.int64))
        self._add(_SMALLEST, np.float32(SMALLEST))
        self._add(_ONE, np.float32(1))

    def _add(self, name: str, value: NDArray[np.generic] | np.generic) -> None:
        self._constants[name] = numpy_helper.from_array(np.asarray(value), name)
        self._graph.initializer.append(self._constants[name])

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: object) -> None:
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes and then weights that are not read any more."""
    needed = drop_unused_nodes(graph)
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(weights)
