"""int8 products see one row at a time; balancing outliers changes no answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checks.reference import Reference
from asr_export.checks.self_check import recorded_clips
from asr_export.errors import GraphBuildFailed
from asr_export.quantisation.activation_balance import balanced
from asr_export.quantisation.row_quantisation import quantise_rows

RANDOM = np.random.default_rng(3)
WEIGHT = RANDOM.standard_normal((64, 48)).astype(np.float32)
ROWS = RANDOM.standard_normal((4, 64)).astype(np.float32)


@pytest.fixture
def quantised(tmp_path: Path) -> ort.InferenceSession:
    """x @ WEIGHT in int8."""
    return _session(tmp_path, WEIGHT)


def test_a_product_is_near_its_value_in_float(quantised: ort.InferenceSession) -> None:
    exact = ROWS @ WEIGHT
    error = np.linalg.norm(_run(quantised, ROWS) - exact) / np.linalg.norm(exact)
    assert 0 < error < 0.02


def test_a_row_beside_louder_ones_is_what_it_is_alone(quantised: ort.InferenceSession) -> None:
    together = _run(quantised, np.concatenate([1000 * ROWS[:1], ROWS[1:2], 0 * ROWS[:1]]))
    np.testing.assert_array_equal(together[1], _run(quantised, ROWS[1:2])[0])


def test_a_row_of_zeros_stays_zero(quantised: ort.InferenceSession) -> None:
    np.testing.assert_array_equal(_run(quantised, 0 * ROWS), np.zeros((4, 48), np.float32))


def test_a_short_product_is_left_in_float(tmp_path: Path) -> None:
    with pytest.raises(GraphBuildFailed, match="no product by a constant matrix"):
        _session(tmp_path, WEIGHT[:9])


def test_balancing_changes_no_answer_and_leaves_every_weight_as_it_was(hf_checkpoint: Path) -> None:
    subject = load_checkpoint(open_checkpoint(find_source(str(hf_checkpoint))))
    clips = recorded_clips(subject)[:1]
    reference = Reference(subject.model, subject.ids.end_of_text)
    before = {name: tensor.clone() for name, tensor in subject.model.state_dict().items()}
    embeds = reference.audio_embeds(clips[0])
    logits = reference.forced_logits(clips[0], [1, 2, 3])
    with balanced(subject, clips):
        changed = [
            name for name, new in subject.model.state_dict().items() if not torch.equal(new, before[name])
        ]
        assert any("down_proj" in name for name in changed)
        assert not any("embed_tokens" in name for name in changed)
        np.testing.assert_allclose(reference.audio_embeds(clips[0]), embeds, atol=1e-4)
        np.testing.assert_allclose(reference.forced_logits(clips[0], [1, 2, 3]), logits, atol=1e-4)
    for name, tensor in subject.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def _session(directory: Path, weight: NDArray[np.float32]) -> ort.InferenceSession:
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["M", weight.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["M", weight.shape[1]])],
        [numpy_helper.from_array(weight, "w")],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), directory / "fp32.onnx")
    quantise_rows(directory / "fp32.onnx", directory / "int8.onnx")
    return ort.InferenceSession(directory / "int8.onnx", providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, x: NDArray[np.float32]) -> NDArray[np.float32]:
    y: NDArray[np.float32] = session.run(None, {"x": x})[0]
    return y
