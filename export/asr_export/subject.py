"""Everything known about a checkpoint once it is loaded: what the graphs are made of and held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer
from transformers import Qwen3ASRForConditionalGeneration
from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor

from asr_engine.manifest import AudioDims, TextDims, TokenIds
from asr_export.checkpoint import Checkpoint, load_model
from asr_export.clip import load_front_end
from asr_export.dimensions import audio_dims, text_dims
from asr_export.text_tokenizer import load_tokenizer, read_token_ids, standalone


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
    """Load and check all parts; raises the errors of `load_model` and `load_tokenizer`."""
    reference_tokenizer = load_tokenizer(checkpoint)
    tokenizer = standalone(reference_tokenizer)
    front_end = load_front_end(checkpoint)
    return Subject(
        checkpoint=checkpoint,
        model=load_model(checkpoint),
        front_end=front_end,
        reference_tokenizer=reference_tokenizer,
        tokenizer=tokenizer,
        audio=audio_dims(checkpoint.config, front_end),
        text=text_dims(checkpoint.config),
        ids=read_token_ids(checkpoint, tokenizer),
    )
