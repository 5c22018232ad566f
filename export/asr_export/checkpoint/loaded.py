"""Loaded checkpoint: model, tokenizer and dimensions that graphs are built from and compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer
from transformers import Qwen3ASRForConditionalGeneration
from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor

from asr_engine.manifest import AudioDims, TextDims, TokenIds
from asr_export.checkpoint.checkpoint import Checkpoint, load_model
from asr_export.checkpoint.dimensions import audio_dims, text_dims
from asr_export.checkpoint.front_end import load_front_end
from asr_export.checkpoint.text_tokenizer import load_tokenizer, read_token_ids, standalone
from asr_export.errors import CheckpointUnreadable


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    """Parts of a checkpoint. `tokenizer` is the same as `reference_tokenizer`, without transformers."""

    checkpoint: Checkpoint
    model: Qwen3ASRForConditionalGeneration
    front_end: Qwen3ASRFeatureExtractor
    reference_tokenizer: Any
    tokenizer: Tokenizer
    audio: AudioDims
    text: TextDims
    ids: TokenIds


def load_checkpoint(checkpoint: Checkpoint) -> LoadedCheckpoint:
    """Load and check all parts. Raises CheckpointUnreadable, WeightMismatch or WrongArchitecture."""
    reference_tokenizer = load_tokenizer(checkpoint)
    tokenizer = standalone(reference_tokenizer)
    ids = read_token_ids(checkpoint, tokenizer)
    _check_ids(checkpoint, tokenizer, ids)
    front_end = load_front_end(checkpoint)
    return LoadedCheckpoint(
        checkpoint=checkpoint,
        model=load_model(checkpoint),
        front_end=front_end,
        reference_tokenizer=reference_tokenizer,
        tokenizer=tokenizer,
        audio=audio_dims(checkpoint.config, front_end),
        text=text_dims(checkpoint.config),
        ids=ids,
    )


def _check_ids(checkpoint: Checkpoint, tokenizer: Tokenizer, ids: TokenIds) -> None:
    """Raise CheckpointUnreadable when weights and tokenizer belong to different models.

    Their shapes may fit nevertheless, and the transcripts would be nonsense.
    """
    config = checkpoint.config
    if ids.audio_pad != config.audio_token_id:
        got = f"audio_token_id {config.audio_token_id} in config.json, {ids.audio_pad} in the tokenizer"
        raise CheckpointUnreadable(f"{checkpoint.directory}: {got}: they are of different models")
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    if size > config.text_config.vocab_size:
        got = f"{size} tokens in the tokenizer, {config.text_config.vocab_size} in config.json"
        raise CheckpointUnreadable(f"{checkpoint.directory}: {got}: they are of different models")
