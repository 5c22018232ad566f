"""Everything known about a checkpoint once it is loaded: what the graphs are made of and held against."""

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
class Subject:
    """A loaded checkpoint. `tokenizer` is `reference_tokenizer` without transformers."""

    checkpoint: Checkpoint
    model: Qwen3ASRForConditionalGeneration
    front_end: Qwen3ASRFeatureExtractor
    reference_tokenizer: Any
    tokenizer: Tokenizer
    audio: AudioDims
    text: TextDims
    ids: TokenIds


def load_subject(checkpoint: Checkpoint) -> Subject:
    """Load and check all parts; raises CheckpointUnreadable, WeightMismatch or WrongArchitecture."""
    reference_tokenizer = load_tokenizer(checkpoint)
    tokenizer = standalone(reference_tokenizer)
    ids = read_token_ids(checkpoint, tokenizer)
    _check_ids(checkpoint, tokenizer, ids)
    front_end = load_front_end(checkpoint)
    return Subject(
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
    """Weights and tokenizer of different models fit in shape, and would answer nonsense."""
    config = checkpoint.config
    if ids.audio_pad != config.audio_token_id:
        got = f"audio_token_id {config.audio_token_id} in config.json, {ids.audio_pad} in the tokenizer"
        raise CheckpointUnreadable(f"{checkpoint.directory}: {got}: they are of different models")
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    if size > config.text_config.vocab_size:
        got = f"{size} tokens in the tokenizer, {config.text_config.vocab_size} in config.json"
        raise CheckpointUnreadable(f"{checkpoint.directory}: {got}: they are of different models")
