"""Range of activations against float16, measured on the PyTorch reference while it answers the check clips.

The checkpoints were trained in bfloat16, which has the range of float32. Whether activations exceed float16
depends on the weights, so every export measures them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from transformers import Qwen3ASRForConditionalGeneration

from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.clip import Clip
from asr_export.checks.parity import MAX_NEW_TOKENS
from asr_export.checks.reference import Reference
from asr_export.errors import Float16Overflow

LARGEST = float(torch.finfo(torch.float16).max)
HEADROOM = 4.0  # the clips are a sample: other audio may cause larger activations
# Inputs of these modules are the residual stream itself; all other modules read normed values or branches.
_ON_STREAM = ("input_layernorm", "post_attention_layernorm", "language_model.norm", "rotary_emb")


@dataclass(slots=True)
class Peak:
    """Largest magnitude seen, and the module that it was seen at."""

    value: float = 0.0
    module: str = ""

    def see(self, tensor: torch.Tensor, module: str) -> None:
        """Take a tensor into account; NaN counts as infinite."""
        value = float(tensor.detach().abs().max()) if tensor.numel() else 0.0
        if not value <= self.value:  # negated so that NaN enters, for which every comparison is false
            self.value, self.module = (math.inf if math.isnan(value) else value), module


@dataclass(frozen=True, slots=True)
class ActivationRange:
    """Peaks of the decoder's residual stream, of the rest of the decoder, and of the encoder."""

    residual: Peak = field(default_factory=Peak)
    decoder: Peak = field(default_factory=Peak)
    encoder: Peak = field(default_factory=Peak)

    @property
    def residual_in_float32(self) -> bool:
        """Whether the residual stream comes within HEADROOM of the largest float16."""
        return self.residual.value * HEADROOM > LARGEST

    def check(self) -> None:
        """Raise Float16Overflow when a matrix product exceeds float16, which no graph guards against."""
        for part, peak in (("decoder", self.decoder), ("encoder", self.encoder)):
            if peak.value >= LARGEST:
                raise Float16Overflow(
                    f"{part}: {peak.module} reaches {peak.value:.4g}; float16 ends at {LARGEST:.0f}"
                )

    def summary(self) -> dict[str, Any]:
        """Peaks as plain data for the manifest."""
        return {**asdict(self), "largest": LARGEST, "residual_in_float32": self.residual_in_float32}


def measure_range(loaded: LoadedCheckpoint, clips: Sequence[Clip]) -> ActivationRange:
    """Measure the activations of all layers while the reference answers every clip."""
    peaks = ActivationRange()
    reference = Reference(loaded.model, loaded.ids.end_of_text)
    with _watched(loaded.model, peaks):
        for clip in clips:
            reference.greedy(clip, MAX_NEW_TOKENS)
    return peaks


@contextmanager
def _watched(model: Qwen3ASRForConditionalGeneration, peaks: ActivationRange) -> Iterator[None]:
    hooks = [
        module.register_forward_hook(_watcher(name, peaks))
        for name, module in model.named_modules()
        if not any(module.children())
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _watcher(name: str, peaks: ActivationRange) -> Any:
    own = peaks.decoder if "language_model" in name or "lm_head" in name else peaks.encoder
    entering = peaks.residual if name.endswith(_ON_STREAM) else own

    def watch(_module: torch.nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if inputs and isinstance(inputs[0], torch.Tensor) and inputs[0].is_floating_point():
            entering.see(inputs[0], name)
        if isinstance(output, torch.Tensor):
            own.see(output, name)

    return watch
