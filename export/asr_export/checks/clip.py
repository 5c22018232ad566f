"""Clip as the model sees it: mel features, and a prompt with a placeholder for each audio token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor

from asr_engine.manifest import AudioDims

_HEAD = "<|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|audio_start|>"
_TAIL = "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
_AUDIO_PAD = "<|audio_pad|>"


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip. Its features are extracted without a batch, where padding could add a valid frame."""

    name: str
    pcm: NDArray[np.int16]  # [samples], mono
    features: NDArray[np.float32]  # [mel, frames padded to whole chunks]
    num_frames: int
    prompt_ids: list[int]
    audio_s: float


def make_clip(
    name: str, pcm: NDArray[np.int16], front_end: Qwen3ASRFeatureExtractor, tokenizer: Any, audio: AudioDims
) -> Clip:
    """Compute features and prompt of mono audio at the model's sample rate."""
    samples = pcm.astype(np.float32) / 32768
    extracted = front_end(samples, sampling_rate=audio.sample_rate, padding=True, return_attention_mask=True)
    num_frames = int(extracted["attention_mask"].sum())
    pads = _AUDIO_PAD * num_audio_tokens(num_frames, audio)
    return Clip(
        name=name,
        pcm=pcm,
        features=extracted["input_features"][0].numpy(),
        num_frames=num_frames,
        prompt_ids=tokenizer(_HEAD + pads + _TAIL, add_special_tokens=False)["input_ids"],
        audio_s=len(pcm) / audio.sample_rate,
    )


def num_audio_tokens(num_frames: int, audio: AudioDims) -> int:
    """Number of encoder outputs for `num_frames` mel frames: three convolutions of stride 2 in each chunk."""
    chunks, rest = divmod(num_frames, audio.chunk_frames)
    for _ in range(3):
        rest = -(-rest // 2)
    return chunks * audio.tokens_per_chunk + rest
