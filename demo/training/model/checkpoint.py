"""Checkpoint of the trained model: fp16 weights, tokenizer and processor in the `-hf` layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoProcessor, Qwen3ASRForConditionalGeneration, Qwen3ASRProcessor

MAX_BYTES = 16_000_000
LARGEST_FP16 = 65_504.0
BYTE_PAIR_FILES = ("vocab.json", "merges.txt")  # not written when a processor is saved
PROVENANCE = "training.json"


class CheckpointError(Exception):
    """The checkpoint violates a requirement, so it is not written."""


def write_checkpoint(
    model: Qwen3ASRForConditionalGeneration,
    processor: Qwen3ASRProcessor,
    byte_pairs: Path,
    provenance: dict[str, Any],
    out: Path,
) -> None:
    """Write the checkpoint and read it back; replace `out` only when every weight is accounted for."""
    largest = max(float(weight.abs().max()) for weight in model.parameters())
    if largest > LARGEST_FP16:
        raise CheckpointError(f"the largest weight is {largest:.0f}; fp16 ends at {LARGEST_FP16:.0f}")
    unfinished = out.with_name(out.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.to("cpu", torch.float16).save_pretrained(unfinished)
    processor.save_pretrained(unfinished)
    for name in BYTE_PAIR_FILES:
        shutil.copyfile(byte_pairs / name, unfinished / name)
    text = json.dumps(provenance, indent=1, ensure_ascii=False)
    (unfinished / PROVENANCE).write_text(text + "\n", encoding="utf-8")
    verify_checkpoint(unfinished)
    shutil.rmtree(out, ignore_errors=True)
    unfinished.rename(out)


def verify_checkpoint(folder: Path) -> None:
    """Raise CheckpointError unless the folder is small enough and transformers loads exactly its weights."""
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > MAX_BYTES:
        raise CheckpointError(f"{folder} has {size:,} bytes; the limit is {MAX_BYTES:,}")
    _, loading = Qwen3ASRForConditionalGeneration.from_pretrained(folder, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if loading[kind]:
            raise CheckpointError(f"{folder}: {kind}: {sorted(loading[kind])[:3]}")
    processor = AutoProcessor.from_pretrained(folder)
    if not isinstance(processor, Qwen3ASRProcessor):
        raise CheckpointError(f"{folder} opens as {type(processor).__name__}, not as a Qwen3-ASR processor")
