"""Synthetic checkpoints with random weights, of any size and in both published layouts.

Their transcripts are meaningless, but every shape, name and file is as published. Tests and benchmarks use
them to exercise the exporter and the engine where real weights cannot be downloaded.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration

from asr_export.checkpoint.checkpoint import CONFIG_NAME, INDEX_NAME, WEIGHTS_NAME
from asr_export.checkpoint.layout import ARCHITECTURE, Layout, official_name

_ATTENTION_GAIN = 3.0


@dataclass(frozen=True, slots=True)
class Shape:
    """Dimensions in which the released sizes differ."""

    audio_layers: int
    audio_width: int
    audio_heads: int
    audio_ffn: int
    conv_channels: int
    text_layers: int
    text_width: int
    text_heads: int
    text_kv_heads: int
    head_dim: int
    text_ffn: int
    vocab_size: int
    window_frames: int = 800
    max_positions: int = 65536


TINY = Shape(2, 64, 2, 128, 8, 2, 64, 4, 2, 32, 128, 3008, max_positions=1024)
RELEASED_0_6B = Shape(18, 896, 14, 3584, 480, 28, 1024, 16, 8, 128, 3072, 151_936)
RELEASED_1_7B = Shape(24, 1024, 16, 4096, 480, 28, 2048, 16, 8, 128, 6144, 151_936)


def write_random_checkpoint(
    directory: Path,
    shape: Shape,
    *,
    layout: Layout,
    tokenizer_from: Path,
    seed: int = 0,
    dtype: torch.dtype = torch.bfloat16,
    num_shards: int = 1,
) -> Path:
    """Write a random checkpoint with the tokenizer of the `-hf` checkpoint at `tokenizer_from`."""
    directory.mkdir(parents=True)
    config = _config(shape, tokenizer_from)
    weights = {
        name: tensor.to(dtype)
        for name, tensor in _random_weights(config, torch.Generator().manual_seed(seed))
    }
    if layout is Layout.OFFICIAL:
        weights["lm_head.weight"] = weights["model.language_model.embed_tokens.weight"].clone()
        weights = {official_name(name): tensor for name, tensor in weights.items()}
        _write_json(directory / CONFIG_NAME, _official_config(config))
        _write_official_tokenizer(tokenizer_from, directory)
    else:
        config.save_pretrained(directory)
        for name in (
            "tokenizer.json",
            "tokenizer_config.json",
            "processor_config.json",
            "chat_template.jinja",
        ):
            shutil.copyfile(tokenizer_from / name, directory / name)
    _write_json(directory / "generation_config.json", {"eos_token_id": list(config.eos_token_id)})
    _save_weights(weights, directory, num_shards)
    return directory


def _config(shape: Shape, tokenizer_from: Path) -> Qwen3ASRConfig:
    source = json.loads((tokenizer_from / CONFIG_NAME).read_text(encoding="utf-8"))
    return Qwen3ASRConfig(
        architectures=[ARCHITECTURE],
        audio_config={
            "model_type": "qwen3_asr_encoder",
            "encoder_layers": shape.audio_layers,
            "d_model": shape.audio_width,
            "encoder_attention_heads": shape.audio_heads,
            "encoder_ffn_dim": shape.audio_ffn,
            "downsample_hidden_size": shape.conv_channels,
            "output_dim": shape.text_width,
            "n_window_infer": shape.window_frames,
        },
        text_config={
            "model_type": "qwen3",
            "num_hidden_layers": shape.text_layers,
            "hidden_size": shape.text_width,
            "num_attention_heads": shape.text_heads,
            "num_key_value_heads": shape.text_kv_heads,
            "head_dim": shape.head_dim,
            "intermediate_size": shape.text_ffn,
            "vocab_size": shape.vocab_size,
            "max_position_embeddings": shape.max_positions,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
        },
        audio_token_id=source["audio_token_id"],
        eos_token_id=source["eos_token_id"],
        pad_token_id=source["pad_token_id"],
    )


def _random_weights(config: Qwen3ASRConfig, generator: torch.Generator) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield weights by name.

    Matrices keep the scale of their input, so that every layer affects the answer.
    """
    with torch.device("meta"):
        skeleton = Qwen3ASRForConditionalGeneration(config)
    for name, tensor in skeleton.state_dict().items():
        if name == "lm_head.weight":
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.dim() > 1:
            yield name, noise / math.sqrt(tensor[0].numel())
        elif name.endswith("bias"):
            yield name, 0.02 * noise
        else:
            # A gain that sharpens attention: without it every answer repeats one token, whatever the audio.
            gain = _ATTENTION_GAIN if name.endswith(("q_norm.weight", "k_norm.weight")) else 1.0
            yield name, gain * (1.0 + 0.05 * noise)


def _official_config(config: Qwen3ASRConfig) -> dict[str, Any]:
    audio, text = config.audio_config.to_dict(), config.text_config.to_dict()
    rope_theta = text.pop("rope_parameters")["rope_theta"]
    sections = [24, 20, 20]
    text["rope_scaling"] = {"mrope_interleaved": True, "mrope_section": sections, "rope_type": "default"}
    thinker = {
        "model_type": "qwen3_asr",
        "architectures": [ARCHITECTURE],
        "audio_config": {**audio, "model_type": "qwen3_asr_audio_encoder", "max_source_positions": 1500},
        "text_config": {**text, "model_type": "qwen3_asr_text", "rope_theta": rope_theta},
        "audio_token_id": config.audio_token_id,
    }
    return {"architectures": [ARCHITECTURE], "model_type": "qwen3_asr", "thinker_config": thinker}


def _write_official_tokenizer(source: Path, directory: Path) -> None:
    """Write vocab.json and merges.txt, which the official repositories have instead of tokenizer.json."""
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(source / name, directory / name)
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    kept = json.loads((source / "tokenizer_config.json").read_text(encoding="utf-8"))
    fields = ("audio_token", "audio_bos_token", "audio_eos_token", "eos_token", "pad_token", "unk_token")
    added = {str(token.pop("id")): token for token in tokenizer["added_tokens"]}
    settings = {name: kept[name] for name in fields}
    settings.update(tokenizer_class="Qwen2Tokenizer", added_tokens_decoder=added, model_max_length=131_072)
    _write_json(directory / "tokenizer_config.json", settings)
    front_end = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128, "hop_length": 160}
    front_end.update(n_fft=400, sampling_rate=16_000, return_attention_mask=True)
    _write_json(directory / "preprocessor_config.json", front_end)


def _save_weights(weights: dict[str, torch.Tensor], directory: Path, num_shards: int) -> None:
    if num_shards == 1:
        save_file(weights, directory / WEIGHTS_NAME, metadata={"format": "pt"})
        return
    names = sorted(weights)
    weight_map = {}
    for shard in range(num_shards):
        file_name = f"model-{shard + 1:05d}-of-{num_shards:05d}.safetensors"
        part = names[shard::num_shards]
        save_file({name: weights[name] for name in part}, directory / file_name, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, file_name))
    _write_json(directory / INDEX_NAME, {"metadata": {}, "weight_map": weight_map})


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
