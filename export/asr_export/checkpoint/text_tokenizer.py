"""Tokenizer of a checkpoint as one `tokenizers` file, and the special ids that the engine needs."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.models.qwen3_asr.processing_qwen3_asr import LANGUAGE_CODE_TO_NAME

from asr_engine.manifest import TokenIds
from asr_export.checkpoint.checkpoint import Checkpoint
from asr_export.checkpoint.source import read_json
from asr_export.errors import CheckpointUnreadable

AUDIO_PAD = "<|audio_pad|>"
ASR_TEXT = "<asr_text>"
LANGUAGES: dict[str, str] = dict(LANGUAGE_CODE_TO_NAME)


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """Load the checkpoint's tokenizer with transformers. Raises CheckpointUnreadable."""
    try:
        return AutoTokenizer.from_pretrained(checkpoint.directory, local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointUnreadable(f"{checkpoint.directory}: no usable tokenizer files: {error}") from error


def standalone(reference: Any) -> Tokenizer:
    """Convert the reference tokenizer to one that does not need transformers."""
    return Tokenizer.from_str(reference.backend_tokenizer.to_str())


def read_token_ids(checkpoint: Checkpoint, tokenizer: Tokenizer) -> TokenIds:
    """Ids of the markers, and of the tokens that end a text.

    The latter come from generation_config.json, or from config.json where that file is missing.
    """
    path = checkpoint.directory / "generation_config.json"
    generation = read_json(path) if path.is_file() else {}
    end = generation.get("eos_token_id", checkpoint.config.eos_token_id)
    return TokenIds(
        end_of_text=tuple(end) if isinstance(end, list | tuple) else (int(end),),
        audio_pad=_id_of(tokenizer, AUDIO_PAD),
        asr_text=_id_of(tokenizer, ASR_TEXT),
    )


def _id_of(tokenizer: Tokenizer, token: str) -> int:
    token_id = tokenizer.token_to_id(token)
    if token_id is None:
        raise CheckpointUnreadable(f"the tokenizer has no token {token!r}: not a Qwen3-ASR tokenizer")
    return int(token_id)
