"""A checkpoint that is not whole is refused in one sentence that names what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from asr_export.checkpoint.checkpoint import load_model, open_checkpoint
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.errors import CheckpointUnreadable, ExportError, WeightMismatch, WrongArchitecture

Weights = dict[str, torch.Tensor]
NORM = "thinker.model.norm.weight"


def _load(directory: Path) -> None:
    load_checkpoint(open_checkpoint(find_source(str(directory))))


def _edit_weights(directory: Path, edit: Callable[[Weights], object]) -> None:
    weights = load_file(directory / "model.safetensors")
    edit(weights)
    save_file(weights, directory / "model.safetensors")


def _edit_config(directory: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = directory / "config.json"
    config = json.loads(path.read_text())
    edit(config)
    path.write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda weights: weights.pop(NORM), r"1 weights are missing: model\.language_model\.norm\.weight"),
        (
            lambda weights: weights.update({"thinker.model.extra.bias": torch.zeros(1)}),
            r"1 weights are unexpected: model\.language_model\.extra\.bias",
        ),
        (
            lambda weights: weights.update({NORM: torch.zeros(3)}),
            r"shape \(3,\); config\.json implies \(64,\)",
        ),
        (lambda weights: weights["thinker.lm_head.weight"].add_(1), "lm_head differs from the embeddings"),
        (lambda weights: weights.clear(), "weights are missing: .*, …"),
    ],
    ids=["missing", "unexpected", "shape", "untied head", "empty"],
)
def test_weights_that_do_not_match_are_refused(
    own_checkpoint: Path, edit: Callable[[Weights], object], message: str
) -> None:
    _edit_weights(own_checkpoint, edit)
    with pytest.raises(WeightMismatch, match=message):
        _load(own_checkpoint)


def test_truncated_weights_are_refused(own_checkpoint: Path) -> None:
    path = own_checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(
        CheckpointUnreadable, match=r"model\.safetensors: truncated or not a safetensors file"
    ):
        _load(own_checkpoint)


def test_weights_of_another_format_are_refused(own_checkpoint: Path) -> None:
    (own_checkpoint / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(CheckpointUnreadable, match="truncated or not a safetensors file"):
        _load(own_checkpoint)


def test_absent_weights_are_refused(own_checkpoint: Path) -> None:
    (own_checkpoint / "model.safetensors").unlink()
    with pytest.raises(CheckpointUnreadable, match=r"neither model\.safetensors nor .*index\.json"):
        _load(own_checkpoint)


def test_absent_shard_is_named(hf_checkpoint: Path, tmp_path: Path) -> None:
    for path in hf_checkpoint.iterdir():
        if path.name != "model-00002-of-00002.safetensors":
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(CheckpointUnreadable, match="model-00002-of-00002"):
        _load(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "vocab.json"])
def test_absent_file_is_refused(own_checkpoint: Path, name: str) -> None:
    (own_checkpoint / name).unlink()
    with pytest.raises(CheckpointUnreadable):
        _load(own_checkpoint)


def test_configuration_that_is_no_json_is_refused(own_checkpoint: Path) -> None:
    (own_checkpoint / "config.json").write_text('{"model_type": ')
    with pytest.raises(CheckpointUnreadable, match="not readable as JSON"):
        _load(own_checkpoint)


def test_another_architecture_is_refused(own_checkpoint: Path) -> None:
    _edit_config(own_checkpoint, lambda config: config.update(model_type="qwen3_omni"))
    with pytest.raises(WrongArchitecture, match="qwen3_omni"):
        _load(own_checkpoint)


def test_configuration_of_another_size_is_refused(own_checkpoint: Path) -> None:
    def widen(config: dict[str, Any]) -> None:
        config["thinker_config"]["text_config"]["num_hidden_layers"] = 28

    _edit_config(own_checkpoint, widen)
    with pytest.raises(WeightMismatch, match="weights are missing"):
        _load(own_checkpoint)


def test_tokenizer_without_the_audio_marker_is_refused(own_checkpoint: Path) -> None:
    path = own_checkpoint / "tokenizer_config.json"
    config = json.loads(path.read_text())
    (marker,) = (
        entry for entry in config["added_tokens_decoder"].values() if "audio_pad" in entry["content"]
    )
    marker["content"] = "<|other|>"
    config["audio_token"] = "<|other|>"
    path.write_text(json.dumps(config))
    with pytest.raises(CheckpointUnreadable, match=r"audio_pad"):
        _load(own_checkpoint)


def test_tokenizer_of_another_model_is_refused(own_checkpoint: Path) -> None:
    _edit_config(own_checkpoint, lambda config: config["thinker_config"].update(audio_token_id=7))
    with pytest.raises(CheckpointUnreadable, match=r"7 in config\.json, \d+ in the tokenizer"):
        _load(own_checkpoint)


def test_every_refusal_is_one_line(own_checkpoint: Path) -> None:
    (own_checkpoint / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ExportError) as refusal:
        load_model(open_checkpoint(find_source(str(own_checkpoint))))
    assert "\n" not in str(refusal.value)
