"""Both published layouts are told apart and give the same model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from asr_export.checkpoint.checkpoint import load_model, open_checkpoint
from asr_export.checkpoint.layout import Layout, detect_layout, official_name, rename_weights
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import find_source, read_json
from asr_export.errors import WeightMismatch, WrongArchitecture


def test_layout_is_told_from_the_configuration(hf_checkpoint: Path, official_checkpoint: Path) -> None:
    assert open_checkpoint(find_source(str(hf_checkpoint))).layout is Layout.HF
    assert open_checkpoint(find_source(str(official_checkpoint))).layout is Layout.OFFICIAL


def test_both_layouts_load_the_same_weights(hf_checkpoint: Path, official_checkpoint: Path) -> None:
    hf = load_model(open_checkpoint(find_source(str(hf_checkpoint)))).state_dict()
    official = load_model(open_checkpoint(find_source(str(official_checkpoint)))).state_dict()
    assert hf.keys() == official.keys()
    assert all(torch.equal(hf[name], official[name]) for name in hf)


def test_both_layouts_give_the_same_dimensions_ids_and_tokenizer(
    hf_checkpoint: Path, official_checkpoint: Path
) -> None:
    hf = load_checkpoint(open_checkpoint(find_source(str(hf_checkpoint))))
    official = load_checkpoint(open_checkpoint(find_source(str(official_checkpoint))))
    assert (hf.audio, hf.text, hf.ids) == (official.audio, official.text, official.ids)
    assert hf.tokenizer.to_str() == official.tokenizer.to_str()


def test_loaded_model_shares_embeddings_and_head_and_keeps_its_positions(hf_checkpoint: Path) -> None:
    model = load_model(open_checkpoint(find_source(str(hf_checkpoint))))
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert model.model.audio_tower.positional_embedding.positional_embedding.abs().sum() > 0
    assert model.config._attn_implementation == "eager"


def test_projector_leaves_the_official_audio_tower() -> None:
    names = {"thinker.audio_tower.proj1.bias": 1, "thinker.audio_tower.conv2d1.bias": 2}
    renamed = rename_weights(names, Layout.OFFICIAL)
    assert renamed == {"model.multi_modal_projector.linear_1.bias": 1, "model.audio_tower.conv2d1.bias": 2}


def test_official_names_are_the_inverse_of_the_renaming(hf_checkpoint: Path) -> None:
    weights = load_model(open_checkpoint(find_source(str(hf_checkpoint)))).state_dict()
    official = {official_name(name): name for name in weights}
    assert rename_weights(official, Layout.OFFICIAL) == {name: name for name in weights}
    with pytest.raises(WeightMismatch, match="other"):
        official_name("other.weight")


def test_official_configuration_puts_everything_into_the_thinker(official_checkpoint: Path) -> None:
    config = read_json(official_checkpoint / "config.json")
    assert set(config) == {"architectures", "model_type", "thinker_config"}
    assert config["thinker_config"]["text_config"]["rope_theta"] == 1e6
    assert "rope_parameters" not in config["thinker_config"]["text_config"]


def test_weight_outside_the_official_layout_is_named() -> None:
    with pytest.raises(WeightMismatch, match=r"talker\.model\.norm\.weight"):
        rename_weights({"talker.model.norm.weight": 1}, Layout.OFFICIAL)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"model_type": "whisper", "architectures": ["WhisperForConditionalGeneration"]}, "whisper"),
        (
            {"model_type": "qwen3_asr", "architectures": ["Qwen3ASRForTokenClassification"]},
            "TokenClassification",
        ),
        ({"model_type": "qwen3_asr"}, "audio_config"),
        ({"model_type": "qwen3_asr", "thinker_config": {"audio_config": {}}}, "text_config"),
        (
            {
                "model_type": "qwen3_asr",
                "thinker_config": {"audio_config": {}, "text_config": {}, "classify_num": 5000},
            },
            "aligner",
        ),
    ],
)
def test_another_model_is_refused_by_name(config: dict[str, object], named: str) -> None:
    with pytest.raises(WrongArchitecture, match=named):
        detect_layout(config)
