"""Layouts in which Qwen3-ASR is published, and the conversion of the official one to the `-hf` one.

transformers reads the `-hf` layout only. Given the official layout it does not fail, but builds a model of
default size with random weights. Therefore config.json is read here to detect the layout, and the weights of
the official layout are renamed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from transformers import Qwen3ASRConfig
from transformers.models.qwen3_asr.configuration_qwen3_asr import Qwen3ASREncoderConfig

from asr_export.errors import WeightMismatch, WrongArchitecture

ARCHITECTURE = "Qwen3ASRForConditionalGeneration"


class Layout(StrEnum):
    """Layout of a checkpoint: how it names its parts."""

    HF = "hf"  # audio_config and text_config at the top level, weights under `model.`
    OFFICIAL = "official"  # all configuration in thinker_config, weights under `thinker.`


def detect_layout(config: dict[str, Any]) -> Layout:
    """Detect the layout from config.json. Raises WrongArchitecture for any other model."""
    architectures = config.get("architectures") or []
    if config.get("model_type") != "qwen3_asr" or architectures not in ([], [ARCHITECTURE]):
        got = f"model_type {config.get('model_type')!r}, architectures {architectures!r}"
        raise WrongArchitecture(f"config.json describes {got}; only {ARCHITECTURE} can be exported")
    part, layout = config, Layout.HF
    if "thinker_config" in config:
        part, layout = config["thinker_config"], Layout.OFFICIAL
    if not isinstance(part, dict) or not {"audio_config", "text_config"} <= set(part):
        raise WrongArchitecture("config.json has no audio_config and text_config: not a Qwen3-ASR checkpoint")
    if part.get("model_type") == "qwen3_forced_aligner" or "classify_num" in part:
        raise WrongArchitecture(
            "this is the forced aligner, which does not transcribe; export an ASR checkpoint"
        )
    return layout


def read_config(config: dict[str, Any], layout: Layout) -> Qwen3ASRConfig:
    """Convert the contents of config.json, in either layout, to transformers' own class."""
    if layout is Layout.HF:
        return Qwen3ASRConfig.from_dict(config)
    thinker = config["thinker_config"]
    text = {key: value for key, value in thinker["text_config"].items() if key in _TEXT_FIELDS}
    # The official config asks for multi-axis rope. With audio and text only, all its axes are equal.
    rope_theta = thinker["text_config"].get("rope_theta", 1_000_000.0)
    text["rope_parameters"] = {"rope_type": "default", "rope_theta": rope_theta}
    tied = bool(text.get("tie_word_embeddings", thinker.get("tie_word_embeddings", True)))
    audio_fields = set(Qwen3ASREncoderConfig.__dataclass_fields__)
    audio = {key: value for key, value in thinker["audio_config"].items() if key in audio_fields}
    return Qwen3ASRConfig(
        audio_config={**audio, "model_type": "qwen3_asr_encoder", "dtype": "float32"},
        text_config={**text, "model_type": "qwen3", "tie_word_embeddings": tied, "dtype": "float32"},
        audio_token_id=thinker["audio_token_id"],
        tie_word_embeddings=tied,
    )


def rename_weights(weights: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """Rename weights to the names of the `-hf` layout. Raises WeightMismatch for a name of neither layout."""
    if layout is Layout.HF:
        return dict(weights)
    return {_renamed(name): tensor for name, tensor in weights.items()}


_TEXT_FIELDS = frozenset(
    {
        "attention_bias",
        "head_dim",
        "hidden_act",
        "hidden_size",
        "initializer_range",
        "intermediate_size",
        "max_position_embeddings",
        "num_attention_heads",
        "num_hidden_layers",
        "num_key_value_heads",
        "rms_norm_eps",
        "tie_word_embeddings",
        "vocab_size",
    }
)

# Longest prefix first: in the official layout the projector is part of the audio tower.
_PREFIXES = (
    ("thinker.audio_tower.proj1.", "model.multi_modal_projector.linear_1."),
    ("thinker.audio_tower.proj2.", "model.multi_modal_projector.linear_2."),
    ("thinker.audio_tower.", "model.audio_tower."),
    ("thinker.model.", "model.language_model."),
    ("thinker.lm_head.", "lm_head."),
)


def official_name(name: str) -> str:
    """Name of a weight in the official layout: the inverse of `rename_weights`."""
    for official, hf in _PREFIXES:
        if name.startswith(hf):
            return official + name.removeprefix(hf)
    raise WeightMismatch(f"unexpected weight {name!r}: not a name of the -hf layout")


def _renamed(name: str) -> str:
    for official, hf in _PREFIXES:
        if name.startswith(official):
            return hf + name.removeprefix(official)
    raise WeightMismatch(f"unexpected weight {name!r}: the official layout names all weights 'thinker.…'")
