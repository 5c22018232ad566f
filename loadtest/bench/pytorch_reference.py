"""PyTorch reference as a contender: the same checkpoint in transformers, with equal prompts and token counts.

All choices are in its favour: features are computed before the clock starts, all clips of a batch have one
length, so that nothing is padded, and attention is PyTorch's own fused one.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import Source
from asr_export.checks.clip import Clip
from asr_export.checks.self_check import clip_of
from bench.load import Answer, Load, Sample, check_num_tokens

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class PytorchReference:
    """Serves all callers of a load as one batch of `generate`; the next batch follows when it is done."""

    def __init__(self, checkpoint: Path, precision: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._loaded = load_checkpoint(open_checkpoint(Source(checkpoint, checkpoint.name, "")))
        self._dtype = DTYPES[precision]
        self._model = self._loaded.model.to(self._dtype)
        self._model.set_attn_implementation("sdpa")
        self._model.generation_config.eos_token_id = None  # only its length ends a text

    def run(self, load: Load) -> Sample:
        clip = clip_of(self._loaded, "clip", load.pcm())
        answers: list[Answer] = []
        started_at = time.perf_counter()
        while (left := load.requests - len(answers)) > 0:
            answers += self._generate(clip, load, min(load.callers, left))
        return Sample(time.perf_counter() - started_at, tuple(answers))

    def close(self) -> None:
        """Nothing to end: there are no threads or child processes."""

    def _generate(self, clip: Clip, load: Load, rows: int) -> list[Answer]:
        first_token = _FirstToken()
        asked_at = time.perf_counter()
        generated = self._model.generate(
            **self._inputs(clip, rows),
            do_sample=False,
            max_new_tokens=load.num_tokens,
            pad_token_id=self._loaded.ids.audio_pad,
            stopping_criteria=StoppingCriteriaList([first_token]),
        )
        latency_s = time.perf_counter() - asked_at
        check_num_tokens(load, generated.shape[1] - len(clip.prompt_ids))
        return [Answer(latency_s, first_token.seen_at - asked_at)] * rows

    def _inputs(self, clip: Clip, rows: int) -> dict[str, Any]:
        features = torch.from_numpy(clip.features).to(self._dtype)
        ids = torch.tensor([clip.prompt_ids])
        mask = (torch.arange(clip.features.shape[1]) < clip.num_frames).long()
        return {
            "input_ids": ids.repeat(rows, 1),
            "attention_mask": torch.ones_like(ids).repeat(rows, 1),
            "input_features": features[None].repeat(rows, 1, 1),
            "input_features_mask": mask[None].repeat(rows, 1),
        }


class _FirstToken(StoppingCriteria):  # type: ignore[misc]
    """Stopping criterion that never stops but records the time of the first token."""

    def __init__(self) -> None:
        self.seen_at = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        self.seen_at = self.seen_at or time.perf_counter()
        return torch.zeros(len(input_ids), dtype=torch.bool)
