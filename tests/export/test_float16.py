"""What leaves the range of float16 is noticed, and what can be carried in float32 is."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.clip import Clip
from asr_export.checks.recordings import speech_of
from asr_export.checks.self_check import clip_of
from asr_export.errors import Float16Overflow, GraphBuildFailed
from asr_export.graphs.decoder_graph import check_tied
from asr_export.graphs.wide_residual import widen_residual
from asr_export.quantisation.float16_range import LARGEST, measure_range

FIRST_MLP = "model.language_model.layers.0.mlp.down_proj"


@pytest.fixture
def subject(demo_subject: LoadedCheckpoint) -> LoadedCheckpoint:
    """One whose weights a test may change."""
    return replace(demo_subject, model=copy.deepcopy(demo_subject.model))


@pytest.fixture(scope="module")
def clips(demo_subject: LoadedCheckpoint) -> list[Clip]:
    return [clip_of(demo_subject, "speech", speech_of(1.0, demo_subject.audio.sample_rate))]


def grow(subject: LoadedCheckpoint, module: str, factor: float) -> None:
    with torch.no_grad():
        subject.model.get_submodule(module).weight *= factor


def test_trained_weights_stay_far_inside(subject: LoadedCheckpoint, clips: list[Clip]) -> None:
    activations = measure_range(subject, clips)
    activations.check()
    assert not activations.residual_in_float32
    for peak in (activations.residual, activations.decoder, activations.encoder):
        assert 0 < peak.value < LARGEST / 100
        assert subject.model.get_submodule(peak.module) is not None


def test_a_stream_that_comes_near_the_end_is_carried_in_float32(
    subject: LoadedCheckpoint, clips: list[Clip]
) -> None:
    grow(subject, FIRST_MLP, 1_000)
    activations = measure_range(subject, clips)
    activations.check()
    assert LARGEST / 4 < activations.residual.value < LARGEST
    assert activations.residual_in_float32


def test_a_product_beyond_float16_is_refused_by_name(subject: LoadedCheckpoint, clips: list[Clip]) -> None:
    grow(subject, FIRST_MLP, 1e6)
    with pytest.raises(Float16Overflow, match=r"decoder: .*layers\..* reaches .*; float16 ends at 65504"):
        measure_range(subject, clips).check()


def test_an_encoder_beyond_float16_is_refused(subject: LoadedCheckpoint, clips: list[Clip]) -> None:
    grow(subject, "model.multi_modal_projector.linear_2", 1e7)
    with pytest.raises(Float16Overflow, match=r"encoder: model\.multi_modal_projector\.linear_2"):
        measure_range(subject, clips).check()


def test_a_head_of_its_own_is_refused_where_the_graph_looks_tokens_up(subject: LoadedCheckpoint) -> None:
    check_tied(subject.model)
    subject.model.lm_head.weight = torch.nn.Parameter(subject.model.lm_head.weight + 1)
    with pytest.raises(GraphBuildFailed, match="the head differs from the embeddings"):
        check_tied(subject.model)


def test_watching_leaves_no_hooks_behind(subject: LoadedCheckpoint, clips: list[Clip]) -> None:
    measure_range(subject, clips)
    assert not [name for name, module in subject.model.named_modules() if module._forward_hooks]


def test_the_wide_stream_holds_a_sum_that_float16_does_not() -> None:
    embeds = np.array([[[30_000.0, 2.0, -3.0, 5.0]]], np.float16)  # each branch adds 40 000 to channel 0
    narrow, wide = block(), block()
    widen_residual(wide.graph)
    assert not np.isfinite(run(narrow, embeds)).all()
    result = run(wide, embeds)
    assert result.dtype == np.float16
    np.testing.assert_allclose(result, [[[2.0, 4e-5, -5e-5, 9e-5]]], atol=2e-5)


def test_a_wide_stream_that_fits_changes_little() -> None:
    embeds = np.array([[[4.0, 2.0, -3.0, 5.0]]], np.float16)
    narrow, wide = block(), block()
    widen_residual(wide.graph)
    np.testing.assert_allclose(run(wide, embeds), run(narrow, embeds), atol=2e-3)


def test_a_graph_without_a_stream_is_refused() -> None:
    model = block()
    for node in model.graph.node:
        node.op_type = node.op_type.replace("Simplified", "")
    with pytest.raises(GraphBuildFailed, match="no residual stream"):
        widen_residual(model.graph)


def block() -> onnx.ModelProto:
    """norm → product → sum and norm, and the sum once more, as in a decoder layer."""
    weights = {
        "first_norm": np.ones(4, np.float16),
        "second_norm": np.ones(4, np.float16),
        "third_norm": np.ones(4, np.float16),
        "branch_weight": np.diag([20_000, 0.0, 0.0, 0.0]).astype(np.float16),
    }
    make, skip = helper.make_node, "SkipSimplifiedLayerNormalization"
    settings = {"epsilon": 1e-6, "domain": "com.microsoft"}
    nodes = [
        make(
            "SimplifiedLayerNormalization", ["inputs_embeds", "first_norm"], ["normed"], epsilon=1e-6, axis=-1
        ),
        make("MatMul", ["normed", "branch_weight"], ["branch"]),
        make(skip, ["inputs_embeds", "branch", "second_norm"], ["second", "", "", "stream"], **settings),
        make(skip, ["stream", "branch", "third_norm"], ["out"], **settings),
    ]
    shape = ["batch", "tokens", 4]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("inputs_embeds", TensorProto.FLOAT16, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT16, shape)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def run(model: onnx.ModelProto, embeds: NDArray[np.float16]) -> NDArray[np.float16]:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (out,) = session.run(["out"], {"inputs_embeds": embeds})
    return np.asarray(out)
