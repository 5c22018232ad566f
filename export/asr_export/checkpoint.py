"""Finds a checkpoint on disk or on the hub and loads it so that every weight is accounted for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError
from safetensors import SafetensorError, safe_open
from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration
from transformers.initialization import no_init_weights

from asr_export.errors import CheckpointNotFound, CheckpointUnreadable, WeightMismatch, WrongArchitecture
from asr_export.layout import Layout, detect_layout, read_config, rename_weights

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
_HUB_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.jinja"]
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on this machine. `revision` is a hub commit or a hash over the local files."""

    directory: Path
    source: str
    revision: str
    layout: Layout
    config: Qwen3ASRConfig


def find_checkpoint(source: str, revision: str | None = None) -> Checkpoint:
    """Open a local directory, or else download a hub id; `revision` is a branch, tag or commit of the hub.

    Raises CheckpointNotFound, CheckpointUnreadable or WrongArchitecture. Weights are not read yet.
    """
    directory = Path(source).expanduser()
    if directory.is_dir():
        if revision is not None:
            raise CheckpointNotFound(f"{source} is a local directory; a revision applies to hub ids only")
        return _open(directory, source=directory.resolve().name, revision=content_hash(directory))
    snapshot = _download(source, revision)
    return _open(snapshot, source=source, revision=snapshot.name)


def load_model(checkpoint: Checkpoint) -> Qwen3ASRForConditionalGeneration:
    """The model in fp32 with eager attention, which is the reference for parity.

    Raises CheckpointUnreadable for damaged files and WeightMismatch for any weight missing, unexpected or
    of another shape.
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


def content_hash(directory: Path) -> str:
    """sha256 over the names and bytes of the checkpoint's files, so that any change is noticed."""
    digest = hashlib.sha256()
    names = {path for pattern in _HUB_PATTERNS for path in directory.glob(pattern)}
    for path in sorted(names):
        digest.update(path.name.encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of the checkpoint; raises CheckpointUnreadable."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointUnreadable(f"{path}: missing from the checkpoint") from error
    except (OSError, ValueError) as error:
        raise CheckpointUnreadable(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointUnreadable(f"{path}: expected a JSON object, got {type(data).__name__}")
    return data


def _download(source: str, revision: str | None) -> Path:
    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=_HUB_PATTERNS))
    except HFValidationError as error:
        raise CheckpointNotFound(f"{source}: no such directory, and not a hub id (owner/name)") from error
    except (OSError, ValueError) as error:  # all of the hub's network and cache errors derive from these
        raise CheckpointNotFound(
            f"{source}: no such directory, and the hub does not give it: {error}"
        ) from error


def _open(directory: Path, source: str, revision: str) -> Checkpoint:
    raw = read_json(directory / CONFIG_NAME)
    layout = detect_layout(raw)
    try:
        config = read_config(raw, layout)
    except (KeyError, TypeError, ValueError) as error:
        raise WrongArchitecture(f"{directory / CONFIG_NAME}: not a usable configuration: {error}") from error
    return Checkpoint(directory=directory, source=source, revision=revision, layout=layout, config=config)


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
    """The official files repeat the embeddings as lm_head; a head that differs must not be lost."""
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
