"""Checkpoint in either layout: its configuration, and strict loading that accounts for every weight."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration
from transformers.initialization import no_init_weights

from asr_export.checkpoint.layout import Layout, detect_layout, read_config, rename_weights
from asr_export.checkpoint.source import Source, read_json
from asr_export.errors import CheckpointUnreadable, WeightMismatch, WrongArchitecture

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Checkpoint whose configuration has been read; its weights have not."""

    source: Source
    layout: Layout
    config: Qwen3ASRConfig

    @property
    def directory(self) -> Path:
        """Folder with the files."""
        return self.source.directory


def open_checkpoint(source: Source) -> Checkpoint:
    """Read config.json. Raises CheckpointUnreadable or WrongArchitecture."""
    path = source.directory / CONFIG_NAME
    raw = read_json(path)
    layout = detect_layout(raw)
    try:
        config = read_config(raw, layout)
    except (KeyError, TypeError, ValueError) as error:
        raise WrongArchitecture(f"{path}: not a usable configuration: {error}") from error
    return Checkpoint(source=source, layout=layout, config=config)


def load_model(checkpoint: Checkpoint) -> Qwen3ASRForConditionalGeneration:
    """Load the model in fp32 with eager attention: the reference that exported graphs are compared with.

    Raises CheckpointUnreadable for damaged files, and WeightMismatch for any weight that is missing,
    unexpected or of another shape.
    """
    weights = rename_weights(_read_weights(checkpoint.directory), checkpoint.layout)
    config = checkpoint.config
    config._attn_implementation = "eager"
    with torch.device("meta"):
        skeleton = Qwen3ASRForConditionalGeneration(config)
    _drop_tied_head(weights, config)
    _check_names_and_shapes(weights, skeleton, tied=config.tie_word_embeddings)
    with no_init_weights():
        model = Qwen3ASRForConditionalGeneration(config)
    model.load_state_dict(
        {name: tensor.float() for name, tensor in weights.items()}, strict=False, assign=True
    )
    model.tie_weights()
    return model.eval()


def _read_weights(directory: Path) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = {}
    for path in _weight_files(directory):
        try:
            with safe_open(path, framework="pt") as archive:
                weights.update({name: archive.get_tensor(name) for name in archive.keys()})  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise CheckpointUnreadable(f"{path}: truncated or not a safetensors file: {error}") from error
    return weights


def _weight_files(directory: Path) -> list[Path]:
    if (directory / WEIGHTS_NAME).is_file():
        return [directory / WEIGHTS_NAME]
    if not (directory / INDEX_NAME).is_file():
        raise CheckpointUnreadable(f"{directory}: neither {WEIGHTS_NAME} nor {INDEX_NAME} is there")
    shards = sorted(set(read_json(directory / INDEX_NAME).get("weight_map", {}).values()))
    missing = [name for name in shards if not (directory / name).is_file()]
    if missing or not shards:
        raise CheckpointUnreadable(
            f"{directory}: {INDEX_NAME} lists {missing or 'no files'}, which is not there"
        )
    return [directory / name for name in shards]


def _drop_tied_head(weights: dict[str, torch.Tensor], config: Qwen3ASRConfig) -> None:
    """Drop the lm_head of a tied model: the official files repeat the embeddings there.

    Raises WeightMismatch when the head differs, since dropping it would lose weights.
    """
    head = weights.get("lm_head.weight")
    embeddings = weights.get("model.language_model.embed_tokens.weight")
    if not config.tie_word_embeddings or head is None or embeddings is None:
        return
    if not torch.equal(head, embeddings):
        raise WeightMismatch("lm_head differs from the embeddings although config.json says they are tied")
    del weights["lm_head.weight"]


def _check_names_and_shapes(
    weights: dict[str, torch.Tensor], skeleton: torch.nn.Module, *, tied: bool
) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in skeleton.state_dict().items()}
    if tied:
        expected.pop("lm_head.weight", None)
    if missing := sorted(set(expected) - set(weights)):
        raise WeightMismatch(f"{len(missing)} weights are missing: {_shown(missing)}")
    if unexpected := sorted(set(weights) - set(expected)):
        raise WeightMismatch(f"{len(unexpected)} weights are unexpected: {_shown(unexpected)}")
    for name, shape in expected.items():
        if tuple(weights[name].shape) != shape:
            raise WeightMismatch(
                f"{name} has shape {tuple(weights[name].shape)}; config.json implies {shape}"
            )


def _shown(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown}, …"
