"""Transcriber for evaluation: runs the model as transformers does."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import Qwen3ASRForConditionalGeneration, Qwen3ASRProcessor

from training.evaluation.scoring import Transcript
from training.voices.speech import SAMPLE_RATE, Samples

BATCH = 16
FIRST_TOKENS = 16  # for the language and for punctuation
TOKENS_PER_S = 12  # more than anyone speaks, so that a model in a loop is cut off


def transcribe(
    model: Qwen3ASRForConditionalGeneration, processor: Qwen3ASRProcessor, clips: Sequence[Samples]
) -> list[Transcript]:
    """Transcribe clips, in batches of similar length. The transcripts have the order of the clips."""
    model.eval()
    transcripts: list[Transcript | None] = [None] * len(clips)
    order = sorted(range(len(clips)), key=lambda index: len(clips[index]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        outputs = _outputs(model, processor, [clips[index] for index in chosen])
        for index, output in zip(chosen, outputs, strict=True):
            transcripts[index] = Transcript.parse(output)
    return [transcript for transcript in transcripts if transcript is not None]


def _outputs(
    model: Qwen3ASRForConditionalGeneration, processor: Qwen3ASRProcessor, clips: Sequence[Samples]
) -> list[str]:
    longest_s = max(len(clip) for clip in clips) / SAMPLE_RATE
    inputs = processor.apply_transcription_request(audio=list(clips)).to(model.device, model.dtype)
    with torch.inference_mode():
        generated = model.generate(**inputs, max_new_tokens=FIRST_TOKENS + round(TOKENS_PER_S * longest_s))
    outputs: list[str] = processor.decode(
        generated[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
    )
    return outputs
