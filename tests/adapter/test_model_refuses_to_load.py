"""A model that cannot serve refuses to load, in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr_engine.triton.model import AsrModel, check_strings_survive
from tests.adapter.fake_triton import PbUtils, Tensor, TritonModelException


class Numpy2Tensor(Tensor):
    """A server built for numpy 1 misreads numpy 2: what comes back repeats the first element."""

    @staticmethod
    def from_dlpack(name: str, capsule: np.ndarray[Any, Any]) -> Tensor:
        return Tensor(name, np.full_like(capsule, capsule[0]))


@pytest.fixture
def model_dir(demo_repository: Path, tmp_path: Path) -> Path:
    """A copy of the exported model that a test may spoil."""
    return Path(shutil.copytree(demo_repository / "qwen3_asr", tmp_path / "qwen3_asr"))


def load(model_dir: Path, pb_utils: PbUtils) -> AsrModel:
    args = {
        "model_name": "qwen3_asr",
        "model_repository": str(model_dir),
        "model_version": "1",
        "model_instance_device_id": "0",
    }
    return AsrModel.load(args, pb_utils)


def refusal(model_dir: Path, pb_utils: PbUtils) -> str:
    with pytest.raises(TritonModelException) as caught:
        load(model_dir, pb_utils)
    sentence = str(caught.value)
    assert sentence.startswith("qwen3_asr cannot load: ")
    assert "\n" not in sentence
    return sentence


def test_exported_model_loads(model_dir: Path, pb_utils: PbUtils) -> None:
    load(model_dir, pb_utils).close()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not readable as JSON"),
        ("[]", "expected a JSON object, got list"),
        ('{"slotz": 3}', "unknown key 'slotz'; allowed: device, slots"),
        ('{"slots": -1}', "slots is -1; allowed: 0 to 1024"),
        ('{"slots": "many"}', "slots is 'many'; a value of type int is needed"),
    ],
)
def test_bad_engine_json_is_named(model_dir: Path, pb_utils: PbUtils, text: str, complaint: str) -> None:
    (model_dir / "engine.json").write_text(text)
    sentence = refusal(model_dir, pb_utils)
    assert complaint in sentence
    assert "engine.json" in sentence


def test_changed_artifact_is_named(model_dir: Path, pb_utils: PbUtils) -> None:
    changed = model_dir / "1" / "artifacts" / "encoder.onnx"
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    assert "encoder.onnx: content differs from the manifest's sha256" in refusal(model_dir, pb_utils)


def test_missing_artifact_is_named(model_dir: Path, pb_utils: PbUtils) -> None:
    (model_dir / "1" / "artifacts" / "tokenizer.json").unlink()
    assert "tokenizer.json: listed in the manifest but missing" in refusal(model_dir, pb_utils)


def test_manifest_of_another_format_is_named(model_dir: Path, pb_utils: PbUtils) -> None:
    path = model_dir / "1" / "artifacts" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    assert "manifest format is 99" in refusal(model_dir, pb_utils)


def test_numpy_that_the_server_misreads_is_refused(model_dir: Path, pb_utils: PbUtils) -> None:
    pb_utils.Tensor = Numpy2Tensor
    assert "install numpy<2" in refusal(model_dir, pb_utils)


def test_numpy_that_the_server_reads_is_accepted(pb_utils: PbUtils) -> None:
    check_strings_survive(pb_utils)
