"""Parity of exported graphs and the reference: figures for each clip, and their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_engine.manifest import Target
from asr_export.checks.clip import Clip
from asr_export.checks.exported import Exported
from asr_export.checks.reference import Reference
from asr_export.errors import ParityFailed

Floats = NDArray[np.float32]
MAX_NEW_TOKENS = 48


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest allowed distance of a target from the reference."""

    encoder_max_diff: float | None  # None: not limited, only the direction counts
    encoder_cosine: float  # minimum, for every audio token
    logit_cosine: float  # minimum, for every token
    forced_agreement: float  # minimum, over all tokens of all clips
    greedy_identical: bool


LIMITS: dict[str, Limits] = {
    Target.CPU_FP32: Limits(1e-4, 0.99999, 0.99999, forced_agreement=1.0, greedy_identical=True),
    Target.CPU_INT8: Limits(None, 0.98, 0.98, forced_agreement=0.97, greedy_identical=False),
    Target.CUDA_FP16: Limits(5e-2, 0.999, 0.999, forced_agreement=0.98, greedy_identical=False),
}


@dataclass(frozen=True, slots=True)
class ClipParity:
    """Figures of one clip, exported against reference.

    For logits and agreement both sides are given the reference's answer (teacher forcing).
    """

    clip: str
    audio_s: float
    encoder_max_diff: float
    encoder_cosine: float  # the lowest of all audio tokens
    num_tokens: int
    greedy_identical: bool
    forced_agreement: float  # share of tokens with the same argmax
    logit_max_diff: float
    logit_cosine: float  # the lowest of all tokens
    logprob_max_diff: float  # of the graph's own log-probability


def compare_clip(
    reference: Reference, exported: Exported, clip: Clip, max_new_tokens: int = MAX_NEW_TOKENS
) -> ClipParity:
    """Run one clip through the exported graphs and the reference."""
    embeds, expected_embeds = exported.audio_embeds(clip), reference.audio_embeds(clip)
    answer = reference.greedy(clip, max_new_tokens)
    expected = reference.forced_logits(clip, answer)
    steps = exported.forced(clip, embeds, answer)
    logits = np.stack([step.logits for step in steps])
    logprobs = np.array([step.logprob for step in steps], dtype=np.float32)
    return ClipParity(
        clip=clip.name,
        audio_s=round(clip.audio_s, 3),
        encoder_max_diff=_max_diff(embeds, expected_embeds),
        encoder_cosine=float(_cosine(embeds, expected_embeds).min()),
        num_tokens=len(answer),
        # Choosing the reference's token at every forced step is the same as generating its answer.
        greedy_identical=[step.token for step in steps] == answer,
        forced_agreement=float(np.mean(logits.argmax(-1) == expected.argmax(-1))),
        logit_max_diff=_max_diff(logits, expected),
        logit_cosine=float(_cosine(logits, expected).min()),
        logprob_max_diff=_max_diff(logprobs, _best_logprob(logits)),
    )


def check(results: Sequence[ClipParity], limits: Limits) -> None:
    """Raise ParityFailed for the first figure outside its limit."""
    for result in results:
        if limits.encoder_max_diff is not None:
            _require(result, "encoder_max_diff", result.encoder_max_diff <= limits.encoder_max_diff, limits)
        _require(result, "encoder_cosine", result.encoder_cosine >= limits.encoder_cosine, limits)
        _require(result, "logit_cosine", result.logit_cosine >= limits.logit_cosine, limits)
        if limits.greedy_identical:
            _require(result, "greedy_identical", result.greedy_identical, limits)
    agreement = _forced_agreement(results)
    if agreement < limits.forced_agreement:
        raise ParityFailed(
            f"{agreement:.1%} of the reference's tokens are chosen when its answer is given; "
            f"{limits.forced_agreement:.0%} are needed"
        )


def summary(results: Sequence[ClipParity], limits: Limits) -> dict[str, Any]:
    """Figures as plain data for the manifest."""
    return {
        "encoder_max_diff": max(result.encoder_max_diff for result in results),
        "encoder_cosine": min(result.encoder_cosine for result in results),
        "greedy_identical": sum(result.greedy_identical for result in results),
        "forced_agreement": _forced_agreement(results),
        "logit_max_diff": max(result.logit_max_diff for result in results),
        "logit_cosine": min(result.logit_cosine for result in results),
        "num_clips": len(results),
        "num_tokens": sum(result.num_tokens for result in results),
        "limits": asdict(limits),
        "clips": [asdict(result) for result in results],
    }


def _forced_agreement(results: Sequence[ClipParity]) -> float:
    """Agreement over all tokens of all clips, because one near tie weighs too much in a short clip."""
    agreed = sum(result.forced_agreement * result.num_tokens for result in results)
    return agreed / sum(result.num_tokens for result in results)


def _require(result: ClipParity, name: str, holds: bool, limits: Limits) -> None:
    if not holds:
        got, allowed = getattr(result, name), getattr(limits, name)
        raise ParityFailed(f"clip {result.clip}: {name} is {got}; the limit is {allowed}")


def _max_diff(left: Floats, right: Floats) -> float:
    return float(np.abs(left - right).max())


def _cosine(left: Floats, right: Floats) -> NDArray[np.float64]:
    a, b = left.astype(np.float64), right.astype(np.float64)
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.asarray(np.sum(a * b, axis=-1) / norms)


def _best_logprob(logits: Floats) -> Floats:
    best = logits.max(-1)
    return np.asarray(-np.log(np.exp(logits - best[:, None]).sum(-1)), dtype=np.float32)
