"""What `load` refuses, and with which sentence."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from asr_engine.config import EngineConfig
from asr_engine.errors import ArtifactError, ConfigError
from asr_engine.features import MelFrontEnd
from asr_engine.graphs.int8_support import may_saturate
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.graphs.session import available_cores
from asr_engine.intake import Intake
from asr_engine.manifest import describe_file, load_manifest
from asr_engine.model import Model, load_model
from asr_engine.request import AsrRequest
from tests.engine.loop_bench import Bench
from tests.engine.scripted_model import CONFIG, MAX_POSITIONS, clip


@pytest.fixture
def artifacts(scripted_artifacts: Path, tmp_path: Path) -> Path:
    return shutil.copytree(scripted_artifacts, tmp_path / "artifacts")


def load(artifacts: Path, config: EngineConfig = CONFIG) -> Model:
    return load_model(artifacts, config, device_id=0)


def edit_manifest(artifacts: Path, change: Callable[[dict], None]) -> None:
    path = artifacts / "manifest.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def edit_graph(artifacts: Path, name: str, change: Callable[[onnx.GraphProto], None]) -> None:
    """Change a graph and its manifest entry alike: the hash fits, the content does not."""
    model = onnx.load(artifacts / name)
    change(model.graph)
    onnx.save(model, artifacts / name)
    relist(artifacts, name)


def relist(artifacts: Path, name: str) -> None:
    entry = describe_file(artifacts / name)
    edit_manifest(
        artifacts, lambda data: data["files"].update({name: {"bytes": entry.bytes, "sha256": entry.sha256}})
    )


def test_a_changed_file_is_refused(artifacts: Path) -> None:
    data = bytearray((artifacts / "decoder.onnx").read_bytes())
    data[100] ^= 1
    (artifacts / "decoder.onnx").write_bytes(data)
    with pytest.raises(ArtifactError, match=r"decoder\.onnx: content differs"):
        load(artifacts)


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx", "embeddings.npy", "tokenizer.json"])
def test_a_missing_file_is_refused(artifacts: Path, name: str) -> None:
    (artifacts / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: listed in the manifest but missing"):
        load(artifacts)


def test_an_unlisted_file_is_refused(artifacts: Path) -> None:
    edit_manifest(artifacts, lambda data: data["files"].pop("decoder.onnx"))
    with pytest.raises(ArtifactError, match=r"does not list decoder\.onnx"):
        load(artifacts)


def test_a_graph_that_is_no_graph_is_refused(artifacts: Path) -> None:
    (artifacts / "encoder.onnx").write_bytes(b"not a graph")
    relist(artifacts, "encoder.onnx")
    with pytest.raises(ArtifactError, match=r"encoder\.onnx: ONNX Runtime refuses it"):
        load(artifacts)


def test_a_tokenizer_that_is_none_is_refused(artifacts: Path) -> None:
    (artifacts / "tokenizer.json").write_text("{}")
    relist(artifacts, "tokenizer.json")
    with pytest.raises(ArtifactError, match=r"tokenizer\.json: not a tokenizer file"):
        load(artifacts)


@pytest.mark.parametrize(
    ("part", "name", "value", "message"),
    [
        ("text", "num_layers", 2, r"decoder\.onnx: no input 'past_key_values\.1\.key'"),
        (
            "text",
            "head_dim",
            32,
            r"input 'past_key_values\.0\.key' is tensor\(float\) .* \['\?', 1, '\?', 32\]",
        ),
        ("text", "vocab_size", 999, r"embeddings\.npy: float32 \[263, 16\]; .* \[999, 16\]"),
        ("audio", "num_mel_bins", 80, r"encoder\.onnx: input 'input_features'"),
        ("audio", "hidden_size", 8, r"encoder\.onnx: output 'audio_embeds'"),
        ("dtypes", "kv_cache", "float16", r"input 'past_key_values\.0\.key' is tensor\(float\)"),
        ("dtypes", "embeddings", "float16", r"embeddings\.npy: float32"),
        ("dtypes", "kv_cache", "int4", r"dtypes\.kv_cache is 'int4'"),
    ],
)
def test_a_manifest_that_does_not_fit_its_graphs_is_refused(
    artifacts: Path, part: str, name: str, value: object, message: str
) -> None:
    edit_manifest(artifacts, lambda data: data[part].update({name: value}))
    with pytest.raises(ArtifactError, match=message):
        load(artifacts)


def test_an_input_that_nobody_feeds_is_refused(artifacts: Path) -> None:
    def add_input(graph: onnx.GraphProto) -> None:
        graph.input.append(
            onnx.helper.make_tensor_value_info("attention_mask", onnx.TensorProto.INT64, ["B", "T"])
        )

    edit_graph(artifacts, "decoder.onnx", add_input)
    with pytest.raises(ArtifactError, match="unknown input 'attention_mask'"):
        load(artifacts)


def test_a_decoder_that_answers_nan_is_refused(artifacts: Path) -> None:
    def spoil(graph: onnx.GraphProto) -> None:
        table = next(tensor for tensor in graph.initializer if tensor.name == "logprobs")
        table.CopyFrom(onnx.numpy_helper.from_array(np.full(263, np.nan, np.float32), "logprobs"))

    edit_graph(artifacts, "decoder.onnx", spoil)
    with pytest.raises(ArtifactError, match="NaN"):
        load(artifacts)


def test_more_positions_than_the_checkpoint_has_are_refused(artifacts: Path) -> None:
    with pytest.raises(ConfigError, match=f"max_positions is 1024; the checkpoint allows {MAX_POSITIONS}"):
        load(artifacts, replace(CONFIG, max_positions=1024))


@pytest.mark.parametrize(("device", "target"), [("cuda", "cpu-fp32"), ("cpu", "cuda-fp16")])
def test_a_device_that_the_export_is_not_for_is_refused(artifacts: Path, device: str, target: str) -> None:
    edit_manifest(artifacts, lambda data: data.update(target=target))
    with pytest.raises(
        ConfigError, match=f"device is '{device}' but the artifacts were exported for '{target}'"
    ):
        load(artifacts, replace(CONFIG, device=device))


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_a_device_that_is_not_there_is_refused(artifacts: Path, device: str) -> None:
    edit_manifest(artifacts, lambda data: data.update(target="cuda-fp16"))
    with pytest.raises(ConfigError, match=r"'cuda'; this onnxruntime offers only .*CPUExecutionProvider"):
        load(artifacts, replace(CONFIG, device=device))


@pytest.mark.parametrize(
    ("quota", "most"), [("100000 100000\n", 1), ("10000 100000\n", 1), ("150000 100000\n", 2)]
)
def test_a_containers_cpu_limit_bounds_the_threads(tmp_path: Path, quota: str, most: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    cores = available_cores(tmp_path / "absent")
    assert available_cores(tmp_path / "cpu.max") == min(cores, most)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert available_cores(tmp_path / "cpu.max") == cores


def test_hardware_threads_of_one_core_count_once(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    cpus = sorted(os.sched_getaffinity(0))
    assert available_cores(absent, tmp_path) == len(cpus)  # the kernel does not tell
    for cpu in cpus:
        siblings = tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        siblings.parent.mkdir(parents=True)
        siblings.write_text(f"{cpu // 2 * 2}-{cpu // 2 * 2 + 1}\n")
    assert available_cores(absent, tmp_path) == len({cpu // 2 for cpu in cpus})


@pytest.mark.parametrize(
    ("line", "saturates"),
    [
        ("flags\t\t: fpu avx2 avx512_vnni", False),
        ("flags\t\t: fpu avx2", True),
        ("Features\t: fp asimd asimddp", False),  # not x86
    ],
)
def test_a_processor_whose_int8_sums_may_overflow_is_known(
    tmp_path: Path, line: str, saturates: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    assert may_saturate(tmp_path / "cpuinfo") == saturates
    assert not may_saturate(tmp_path / "absent")


def test_the_cache_takes_what_the_formula_says(artifacts: Path) -> None:
    text = load_manifest(artifacts).text
    assert KvCache.bytes_for(text, 3, MAX_POSITIONS, "float32") == 3 * MAX_POSITIONS * 2 * 1 * 1 * 16 * 4


class Golden:
    """Writes a golden clip with what this model really answers, or something else."""

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts
        edit_manifest(artifacts, lambda data: data.update(checked=False))

    def write(self, *, wrong_tokens: int = 0, wrong_by: float = 0.0) -> None:
        manifest = load_manifest(self._artifacts)
        edit_manifest(self._artifacts, lambda data: data.update(checked=True))
        model = load(self._artifacts)
        edit_manifest(self._artifacts, lambda data: data.update(checked=False))
        pcm = clip(2, 3.3)
        sequence = self._answered(model, pcm)
        answer = [*sequence, manifest.tokens.end_of_text[0]]
        answer[:wrong_tokens] = [id_ + 1 for id_ in answer[:wrong_tokens]]
        front_end = MelFrontEnd(manifest.audio)
        intake = Intake(manifest, CONFIG, model.tokenizer, model.languages, lambda: 0.0)
        mel = front_end.log_mel(pcm)
        (self._artifacts / "golden").mkdir()
        np.savez(
            self._artifacts / "golden" / "clip.npz",
            input_features=np.pad(mel, ((0, 0), (0, -mel.shape[1] % 100))),
            num_frames=mel.shape[1],
            prompt_ids=intake.accept(AsrRequest("r", pcm), lambda _: None).prompt.ids,
            audio_embeds=np.concatenate(model.encoder.encode(front_end.cut(mel))) * (1 + wrong_by),
            expected_tokens=np.array(answer),
        )

    def _answered(self, model: Model, pcm: np.ndarray) -> list[int]:
        bench = Bench(model, CONFIG)
        result = bench.finish(bench.submit(pcm))[0]
        tag = model.manifest.tokens.asr_text
        encode = model.tokenizer.encode_plain
        return [*encode(f"language {result.language}"), tag, *encode(result.text)]


def test_unchecked_graphs_are_checked_with_golden_clips(artifacts: Path) -> None:
    Golden(artifacts).write()
    assert not load(artifacts).manifest.checked


def test_graphs_that_nobody_checked_load_with_a_warning(
    artifacts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Golden(artifacts)
    load(artifacts)
    assert "never compared" in caplog.text


def test_graphs_that_answer_otherwise_than_the_golden_clips_are_refused(artifacts: Path) -> None:
    Golden(artifacts).write(wrong_tokens=4)
    with pytest.raises(ArtifactError, match="39 of 43 golden tokens agree; 97% are needed"):
        load(artifacts)


def test_an_encoder_that_differs_from_the_golden_clips_is_refused(artifacts: Path) -> None:
    Golden(artifacts).write(wrong_by=0.2)
    with pytest.raises(ArtifactError, match=r"off by 16\.7% of its length; the limit is 15%"):
        load(artifacts)


def test_a_golden_clip_that_does_not_fit_a_slot_is_not_run(artifacts: Path) -> None:
    Golden(artifacts).write()
    with pytest.raises(ConfigError, match=r"max_positions is 64; golden clip clip needs \d+"):
        load(artifacts, replace(CONFIG, max_positions=64))


def test_a_golden_clip_that_is_none_is_refused(artifacts: Path) -> None:
    Golden(artifacts)
    (artifacts / "golden").mkdir()
    (artifacts / "golden" / "clip.npz").write_bytes(b"no")
    with pytest.raises(ArtifactError, match="not a golden clip"):
        load(artifacts)
