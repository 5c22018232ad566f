"""Activation balancing: outliers move from activations into weights, where each column has its own scale.

In int8 a row of activations has one scale, so a few channels that are always large leave few steps for all
others. Such a channel is divided where it is made, and the weights that read it are multiplied by the same
factor. The result does not change, because factors are powers of two, which round nothing. This is
SmoothQuant (Xiao et al. 2023) with strength 1/2. The magnitudes of channels are measured on speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Qwen3ASRForConditionalGeneration

from asr_export.checkpoint.loaded import LoadedCheckpoint
from asr_export.checks.clip import Clip
from asr_export.checks.parity import MAX_NEW_TOKENS
from asr_export.checks.reference import Reference

_SMALLEST = 1e-5  # stands for the magnitude of a channel that was silent, or whose readers ignore it


@dataclass(frozen=True, slots=True)
class _Junction:
    """Source of channels (a norm, or the rows of a matrix) and the matrices that read them.

    In grouped attention `readers_per_channel` query heads read one value head.
    """

    source: torch.nn.Module
    readers: tuple[torch.nn.Linear, ...]
    readers_per_channel: int = 1
    head_dim: int = 1

    def factors(self, largest: torch.Tensor) -> torch.Tensor:
        """Divisors for the channels of the source; `largest` are the magnitudes that the readers saw, [K]."""
        weights = torch.stack([reader.weight.abs().amax(0) for reader in self.readers]).amax(0)
        channels, columns = self._per_channel(largest), self._per_channel(weights)
        wanted = (channels.clamp(min=_SMALLEST) / columns.clamp(min=_SMALLEST)).sqrt()
        return torch.exp2(wanted.log2().round())

    def scale(self, factors: torch.Tensor) -> None:
        """Divide the source by the factors and multiply the readers by them."""
        weight = self.source.weight
        weight.data /= factors if weight.dim() == 1 else factors[:, None]
        if getattr(self.source, "bias", None) is not None:
            self.source.bias.data /= factors
        heads = factors.view(-1, 1, self.head_dim).expand(-1, self.readers_per_channel, -1)
        for reader in self.readers:
            reader.weight.data *= heads.flatten()

    def _per_channel(self, values: torch.Tensor) -> torch.Tensor:
        return values.view(-1, self.readers_per_channel, self.head_dim).amax(1).flatten()


@contextmanager
def balanced(loaded: LoadedCheckpoint, clips: Sequence[Clip]) -> Iterator[None]:
    """Balance the model's weights for the activations that the clips cause; restore them on leaving."""
    junctions = tuple(_junctions(loaded.model))
    with torch.no_grad():
        largest = _measure(loaded, clips, [junction.readers[0] for junction in junctions])
        pairs = [(junction, junction.factors(largest[junction.readers[0]])) for junction in junctions]
        for junction, factors in pairs:
            junction.scale(factors)
    try:
        yield
    finally:
        with torch.no_grad():
            for junction, factors in pairs:
                junction.scale(1 / factors)


def _junctions(model: Qwen3ASRForConditionalGeneration) -> Iterator[_Junction]:
    text = model.model.language_model
    for layer in text.layers:
        attention, mlp = layer.self_attn, layer.mlp
        yield _Junction(layer.input_layernorm, (attention.q_proj, attention.k_proj, attention.v_proj))
        shared = attention.num_key_value_groups
        yield _Junction(attention.v_proj, (attention.o_proj,), shared, attention.head_dim)
        yield _Junction(layer.post_attention_layernorm, (mlp.gate_proj, mlp.up_proj))
        yield _Junction(mlp.up_proj, (mlp.down_proj,))
    tower, projector = model.model.audio_tower, model.model.multi_modal_projector
    for layer in tower.layers:
        attention = layer.self_attn
        yield _Junction(layer.self_attn_layer_norm, (attention.q_proj, attention.k_proj, attention.v_proj))
        yield _Junction(attention.v_proj, (attention.out_proj,))
        yield _Junction(layer.final_layer_norm, (layer.fc1,))
    yield _Junction(tower.ln_post, (projector.linear_1,))


def _measure(
    loaded: LoadedCheckpoint, clips: Sequence[Clip], readers: Sequence[torch.nn.Linear]
) -> dict[torch.nn.Module, torch.Tensor]:
    """Largest magnitude in each input channel of each reader, while the reference answers the clips."""
    largest = {reader: torch.zeros(reader.in_features) for reader in readers}

    def watch(reader: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        seen = inputs[0].detach().abs().flatten(0, -2).amax(0)
        largest[reader] = torch.maximum(largest[reader], seen)

    hooks = [reader.register_forward_pre_hook(watch) for reader in readers]
    try:
        reference = Reference(loaded.model, loaded.ids.end_of_text)
        for clip in clips:
            reference.greedy(clip, MAX_NEW_TOKENS)
    finally:
        for hook in hooks:
            hook.remove()
    return largest
