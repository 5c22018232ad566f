"""The pipeline from a checkpoint to a Triton model repository."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration

from asr_engine.errors import ArtifactError
from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    MANIFEST_NAME,
    TARGETS,
    TOKENIZER_NAME,
    AudioDims,
    Manifest,
    TextDims,
    describe_file,
    load_manifest,
)
from asr_export.assembly import ARTIFACTS, TEMPLATE, assembling, copy_template
from asr_export.checkpoint import Checkpoint, find_checkpoint, load_model
from asr_export.decoder_graph import export_decoder, export_embeddings, extract_text_checkpoint
from asr_export.encoder_graph import export_encoder
from asr_export.recipe import RECIPES, Recipe
from asr_export.text_tokenizer import LANGUAGES, load_tokenizer, read_token_ids, standalone
from asr_export.tools import tool_versions

Progress = Callable[[str, float], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export and where to. `revision` applies to hub ids only."""

    checkpoint: str
    out: Path
    target: str
    revision: str | None = None
    check: bool = True
    template: Path = TEMPLATE

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"target is {self.target!r}; allowed: {', '.join(TARGETS)}")


def export_checkpoint(options: ExportOptions, progress: Progress | None = None) -> Path:
    """Export and return the repository's path, `options.out`.

    `progress` gets the name of each stage as it begins and the share of the work done so far. Raises
    ExportError; whatever happens, `out` is either complete or as it was before.
    """
    report = progress or _silent
    recipe = RECIPES[options.target]
    report("finding the checkpoint", 0.0)
    checkpoint = find_checkpoint(options.checkpoint, options.revision)
    with assembling(options.out) as partial:
        artifacts = partial / ARTIFACTS
        artifacts.mkdir(parents=True)
        _export_artifacts(checkpoint, recipe, options, artifacts, report)
        report("assembling the repository", 0.97)
        copy_template(options.template, partial)
    report("done", 1.0)
    return options.out


def is_current(options: ExportOptions) -> bool:
    """Whether `out` holds an export of this very checkpoint and target by these very tools."""
    try:
        manifest = load_manifest(options.out / ARTIFACTS)
    except ArtifactError:
        return False
    if manifest.target != options.target or manifest.tools != tool_versions():
        return False
    checkpoint = find_checkpoint(options.checkpoint, options.revision)
    return manifest.revision == checkpoint.revision


def _export_artifacts(
    checkpoint: Checkpoint, recipe: Recipe, options: ExportOptions, artifacts: Path, report: Progress
) -> None:
    report("loading the weights", 0.02)
    model = load_model(checkpoint)
    reference_tokenizer = load_tokenizer(checkpoint)
    tokenizer = standalone(reference_tokenizer)
    tokenizer.save(str(artifacts / TOKENIZER_NAME))
    scratch = artifacts / ".scratch"
    scratch.mkdir()
    report("exporting the encoder", 0.10)
    export_encoder(model, artifacts / ENCODER_NAME, dtype=recipe.encoder_dtype, provider=recipe.provider)
    report("exporting the decoder", 0.35)
    extract_text_checkpoint(model, tokenizer, scratch / "text")
    export_decoder(
        scratch / "text",
        artifacts / DECODER_NAME,
        precision=recipe.decoder_precision,
        provider=recipe.provider,
        scratch=scratch,
    )
    export_embeddings(model, artifacts / EMBEDDINGS_NAME, dtype=recipe.encoder_dtype)
    parity: dict[str, Any] = {}
    shutil.rmtree(scratch)
    report("hashing the files", 0.90)
    _manifest(checkpoint, recipe, artifacts, tokenizer, parity).save(artifacts)


def _manifest(
    checkpoint: Checkpoint, recipe: Recipe, artifacts: Path, tokenizer: Any, parity: dict[str, Any]
) -> Manifest:
    files = sorted(path for path in artifacts.rglob("*") if path.is_file() and path.name != MANIFEST_NAME)
    return Manifest(
        target=recipe.target,
        source=checkpoint.source,
        revision=checkpoint.revision,
        layout=str(checkpoint.layout),
        audio=_audio_dims(checkpoint.config),
        text=_text_dims(checkpoint.config),
        tokens=read_token_ids(checkpoint, tokenizer),
        dtypes=recipe.dtypes,
        languages=LANGUAGES,
        files={path.relative_to(artifacts).as_posix(): describe_file(path) for path in files},
        checked=recipe.runs_here and bool(parity),
        parity=parity,
        tools=tool_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _audio_dims(config: Qwen3ASRConfig) -> AudioDims:
    audio = config.audio_config
    return AudioDims(
        sample_rate=16000,
        num_mel_bins=audio.num_mel_bins,
        n_fft=400,
        hop_length=160,
        min_samples=8000,
        chunk_frames=2 * audio.n_window,
        tokens_per_chunk=audio.max_position_embeddings,
        window_frames=audio.n_window_infer,
        hidden_size=audio.output_dim,
    )


def _text_dims(config: Qwen3ASRConfig) -> TextDims:
    text = config.text_config
    return TextDims(
        num_layers=text.num_hidden_layers,
        hidden_size=text.hidden_size,
        num_kv_heads=text.num_key_value_heads,
        head_dim=text.head_dim,
        vocab_size=text.vocab_size,
        max_positions=text.max_position_embeddings,
    )


def _silent(stage: str, share: float) -> None:
    return None
