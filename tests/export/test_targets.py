"""What the quantised and the GPU exports are, as far as this machine can tell."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.errors import ArtifactError
from asr_engine.graphs.device_decoder import DeviceDecoder
from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    Manifest,
    describe_file,
    load_manifest,
)
from asr_engine.model import load_model
from asr_export.assembly import ARTIFACTS
from asr_export.checks.golden import GOLDEN
from asr_export.exporter import export_checkpoint
from asr_export.graphs.written_out_norms import write_out_norms
from asr_export.options import ExportOptions

# From ONNX Runtime's list of kernels of the CUDA provider, for the types that these graphs use.
WITH_CUDA_KERNEL = {
    *("Add", "ArgMax", "Attention", "BiasGelu", "Cast", "Clip", "Concat", "Constant", "Conv", "Div"),
    *("Expand", "Gather", "GatherElements", "GatherND", "Gelu", "Greater", "GroupQueryAttention"),
    *("LayerNormalization", "Less", "LogSoftmax", "MatMul", "Mul", "Range", "Reshape", "Shape", "Sigmoid"),
    *("SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"),
    *("Split", "Squeeze", "Sub", "Transpose", "Unsqueeze", "Where"),
}
FLOAT16 = onnx.TensorProto.FLOAT16


@pytest.fixture(scope="module")
def int8(demo_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "int8"
    return export_checkpoint(ExportOptions(str(demo_checkpoint), out, "cpu-int8")) / ARTIFACTS


@pytest.fixture(scope="module")
def cuda(demo_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "cuda"
    return export_checkpoint(ExportOptions(str(demo_checkpoint), out, "cuda-fp16")) / ARTIFACTS


@pytest.fixture(scope="module")
def cuda_manifest(cuda: Path) -> Manifest:
    return load_manifest(cuda)


def test_int8_agrees_with_the_reference_on_trained_weights(int8: Path) -> None:
    manifest = load_manifest(int8)
    assert manifest.checked
    assert manifest.parity["forced_agreement"] >= 0.98
    assert manifest.parity["logit_cosine"] >= 0.995
    assert manifest.parity["encoder_cosine"] >= 0.999


def test_int8_leaves_no_large_product_in_float(int8: Path) -> None:
    for name in (ENCODER_NAME, DECODER_NAME):
        graph = onnx.load(int8 / name, load_external_data=False).graph
        sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in graph.initializer}
        products = [node for node in graph.node if node.op_type in ("MatMul", "Gemm", "Conv", "Attention")]
        assert sum(sizes.get(name, 0) for node in products for name in node.input) < 10_000


def test_int8_encoder_gives_a_window_beside_a_loud_one_exactly_what_it_gives_it_alone(int8: Path) -> None:
    session = ort.InferenceSession(int8 / ENCODER_NAME, providers=["CPUExecutionProvider"])
    mel, frames = session.get_inputs()[0].shape[1], load_manifest(int8).audio.window_frames
    quiet = np.random.default_rng(7).standard_normal((1, mel, frames)).astype(np.float32)
    num_tokens = np.full(3, load_manifest(int8).audio.tokens_per_chunk)
    together = np.concatenate([30 * quiet, quiet, 0 * quiet])
    alone = session.run(None, {"input_features": quiet, "token_lens": num_tokens[:1]})[0]
    batched = session.run(None, {"input_features": together, "token_lens": num_tokens})[0]
    np.testing.assert_array_equal(batched[1], alone[0])


def test_cuda_graphs_speak_float16_with_lengths_in_integers(cuda: Path) -> None:
    decoder = onnx.load(cuda / DECODER_NAME, load_external_data=False).graph
    types = {entry.name: entry.type.tensor_type.elem_type for entry in [*decoder.input, *decoder.output]}
    for name in ("audio_embeds", "logits", "past_key_values.0.key", "present.1.value"):
        assert types[name] == FLOAT16
    assert types["input_ids"] == types["next_token_ids"] == onnx.TensorProto.INT64
    assert "inputs_embeds" not in types
    assert not (cuda / EMBEDDINGS_NAME).exists()
    assert types["next_token_logprobs"] == onnx.TensorProto.FLOAT
    assert types["seqlens_k"] == types["total_sequence_length"] == onnx.TensorProto.INT32
    encoder = onnx.load(cuda / ENCODER_NAME, load_external_data=False).graph
    assert encoder.input[0].type.tensor_type.elem_type == FLOAT16


def test_cuda_decoder_fuses_rotary_and_norms_into_attention(cuda: Path, cuda_manifest: Manifest) -> None:
    decoder = onnx.load(cuda / DECODER_NAME, load_external_data=False).graph
    attentions = [node for node in decoder.node if node.op_type == "GroupQueryAttention"]
    assert len(attentions) == cuda_manifest.text.num_layers
    for node in attentions:
        assert any(name.endswith("q_norm.layernorm.weight") for name in node.input)
        assert list(node.input[5:7]) == ["seqlens_k", "total_sequence_length"]
    produced = {name for node in decoder.node for name in node.output}
    known = produced | {entry.name for entry in [*decoder.input, *decoder.initializer]} | {""}
    assert {name for node in decoder.node for name in node.input} <= known


def test_cuda_export_is_labelled_unchecked_but_its_numerics_are_measured(cuda_manifest: Manifest) -> None:
    assert not cuda_manifest.checked
    assert cuda_manifest.parity["encoder_max_diff"] <= 5e-2
    assert cuda_manifest.parity["logit_cosine"] >= 0.995
    assert set(cuda_manifest.dtypes.__slots__) == {"audio_embeds", "inputs_embeds", "kv_cache", "embeddings"}
    assert cuda_manifest.dtypes.kv_cache == "float16"


def test_cuda_graphs_answer_their_golden_clips_on_the_cpu_once_the_norms_are_written_out(
    cuda: Path, tmp_path: Path
) -> None:
    artifacts = Path(shutil.copytree(cuda, tmp_path / "artifacts"))
    write_out_norms(artifacts / DECODER_NAME, artifacts / "runnable.onnx")
    (artifacts / "runnable.onnx").replace(artifacts / DECODER_NAME)
    manifest = load_manifest(artifacts)
    files = {name: describe_file(artifacts / name) for name in manifest.files}
    replace(manifest, files=files, target="cpu-fp32").save(artifacts)
    model = load_model(artifacts, EngineConfig(slots=2, intra_op_threads=1), device_id=0)
    assert isinstance(model.decoder, DeviceDecoder)


def test_cuda_graphs_use_only_operators_that_have_a_kernel_there(cuda: Path) -> None:
    for name in (ENCODER_NAME, DECODER_NAME):
        assert set(_op_counts(cuda / name)) <= WITH_CUDA_KERNEL


def test_golden_clips_hold_all_that_a_first_load_compares(cuda: Path, cuda_manifest: Manifest) -> None:
    clips = sorted((cuda / GOLDEN).glob("*.npz"))
    assert {f"{GOLDEN}/{path.name}" for path in clips} <= set(cuda_manifest.files)
    assert len(clips) == 3
    for path in clips:
        golden = np.load(path)
        pads = int((golden["prompt_ids"] == cuda_manifest.tokens.audio_pad).sum())
        assert golden["audio_embeds"].shape == (pads, cuda_manifest.audio.hidden_size)
        assert golden["input_features"].shape[0] == cuda_manifest.audio.num_mel_bins
        assert golden["input_features"].shape[1] >= golden["num_frames"]
        assert golden["pcm"].dtype == np.int16
        assert len(golden["expected_tokens"]) > 0


def test_skipped_check_is_made_up_for_at_the_first_load(official_repository: Path, tmp_path: Path) -> None:
    artifacts = Path(shutil.copytree(official_repository / ARTIFACTS, tmp_path / "artifacts"))
    assert not load_manifest(artifacts).checked
    config = EngineConfig(slots=1, intra_op_threads=1)
    AsrEngine.load(artifacts, config).close()
    assert _spoil_expected_tokens(artifacts) > 0
    with pytest.raises(ArtifactError, match="golden tokens agree"):
        AsrEngine.load(artifacts, config)


def _spoil_expected_tokens(artifacts: Path) -> int:
    """Change what the golden clips expect, and the manifest with them; returns how many tokens."""
    changed = 0
    for path in (artifacts / GOLDEN).glob("*.npz"):
        golden = dict(np.load(path))
        golden["expected_tokens"] += 1
        changed += len(golden["expected_tokens"])
        np.savez_compressed(path, **golden)
    manifest = load_manifest(artifacts)
    files = {name: describe_file(artifacts / name) for name in manifest.files}
    replace(manifest, files=files).save(artifacts)
    return changed


def _op_counts(path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in onnx.load(path, load_external_data=False).graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    return counts
