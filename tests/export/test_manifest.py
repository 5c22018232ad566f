"""The manifest says everything the engine needs, and the files are what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asr_engine.manifest import Manifest, load_manifest, verify_files
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checkpoint.source import content_hash
from asr_export.freshness import is_current
from asr_export.options import ExportOptions


@pytest.fixture(scope="module")
def manifest(demo_repository: Path) -> Manifest:
    return load_manifest(demo_repository / ARTIFACTS)


def test_every_file_is_listed_with_its_hash(demo_repository: Path, manifest: Manifest) -> None:
    verify_files(demo_repository / ARTIFACTS, manifest)
    present = {
        path.relative_to(demo_repository / ARTIFACTS).as_posix()
        for path in (demo_repository / ARTIFACTS).rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert present == set(manifest.files)


def test_geometry_and_ids_are_the_checkpoints(manifest: Manifest, demo_subject: LoadedCheckpoint) -> None:
    assert manifest.audio == demo_subject.audio
    assert manifest.text == demo_subject.text
    assert manifest.audio.window_frames == demo_subject.model.config.audio_config.n_window_infer
    assert manifest.tokens.audio_pad == demo_subject.model.config.audio_token_id
    assert set(manifest.tokens.end_of_text) == set(demo_subject.model.config.eos_token_id)
    assert demo_subject.tokenizer.id_to_token(manifest.tokens.asr_text) == "<asr_text>"


def test_front_end_is_the_reference_processors(manifest: Manifest) -> None:
    audio = manifest.audio
    assert (audio.sample_rate, audio.n_fft, audio.hop_length, audio.min_samples) == (16000, 400, 160, 8000)
    assert (audio.num_mel_bins, audio.chunk_frames, audio.tokens_per_chunk) == (128, 100, 13)


def test_thirty_languages_by_code_and_name(manifest: Manifest) -> None:
    assert len(manifest.languages) == 30
    assert manifest.languages["zh"] == "Chinese"
    assert manifest.languages["yue"] == "Cantonese"
    assert manifest.languages["ja"] == "Japanese"


def test_origin_and_tools_are_recorded(manifest: Manifest, demo_checkpoint: Path) -> None:
    assert (manifest.target, manifest.layout, manifest.source) == ("cpu-fp32", "hf", "checkpoint")
    assert manifest.revision == content_hash(demo_checkpoint)
    assert {"torch", "transformers", "onnxruntime", "onnxruntime-genai"} <= set(manifest.tools)
    assert manifest.created.endswith("+00:00")


def test_parity_results_are_recorded(manifest: Manifest) -> None:
    assert manifest.checked
    assert manifest.parity["num_clips"] == manifest.parity["greedy_identical"] == 3
    assert manifest.parity["encoder_max_diff"] <= 1e-4
    assert manifest.parity["num_tokens"] > 50
    json.dumps(manifest.parity)


def test_export_is_current_until_the_checkpoint_target_or_a_file_changes(
    demo_repository: Path, demo_checkpoint: Path, hf_checkpoint: Path, tmp_path: Path
) -> None:
    assert is_current(ExportOptions(str(demo_checkpoint), demo_repository, "cpu-fp32"))
    assert not is_current(ExportOptions(str(demo_checkpoint), demo_repository, "cpu-int8"))
    assert not is_current(ExportOptions(str(hf_checkpoint), demo_repository, "cpu-fp32"))
    assert not is_current(ExportOptions(str(demo_checkpoint), tmp_path, "cpu-fp32"))


def test_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'tpu'; allowed: cuda-fp16, cpu-fp32, cpu-int8"):
        ExportOptions("checkpoint", tmp_path, "tpu")
