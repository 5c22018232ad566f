"""Network for training: the model's forward pass, with the same results but batched over windows.

transformers computes the encoder clip by clip; here the windows of all clips are rows of one attention call.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from transformers import Qwen3ASRForConditionalGeneration
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb

from training.examples.batch import Batch
from training.examples.targets import IGNORED, PHONEME_SLOTS

SPIKE_LAYERS = (1, 2)  # decoder layers whose outputs go through the shared head at audio positions
GUIDED_LAYERS = (2, 3)  # decoder layers, from 0, whose first head has an attention target
GUIDE_REACH = (-1, 0, 1)  # audio positions around the end of a word that count as the target


@dataclass(frozen=True, slots=True)
class Outputs:
    """Logits at labelled positions, and the loss of the guided attention."""

    answer: Tensor  # [labels, vocabulary]
    spikes: tuple[Tensor, ...]  # each [audio positions, vocabulary]
    phonemes: Tensor  # [audio tokens, slots, classes]
    guide: Tensor  # scalar


class TrainingNetwork(nn.Module):  # type: ignore[misc]
    """The model and the phoneme head, which is dropped after training."""

    def __init__(self, model: Qwen3ASRForConditionalGeneration, num_phonemes: int) -> None:
        super().__init__()
        self.model = model
        model.model.language_model.set_attn_implementation("eager")  # the CPU's fused backward is slower
        self.phoneme_head = nn.Linear(model.config.audio_config.d_model, PHONEME_SLOTS * num_phonemes)

    def forward(self, batch: Batch) -> Outputs:
        """Run the encoder, then the decoder once over prompt, audio and answer."""
        language_model = self.model.model.language_model
        encoded = self.encode(batch)
        audio = self.model.model.multi_modal_projector(encoded)
        embeddings = language_model.embed_tokens(batch.input_ids)
        is_audio = (batch.input_ids == self.model.config.audio_token_id)[..., None]
        embeddings = embeddings.masked_scatter(is_audio, audio.to(embeddings.dtype))
        decoded = language_model(inputs_embeds=embeddings, use_cache=False, output_hidden_states=True)
        hidden = decoded.hidden_states
        predicts_audio = _next_is_labelled(batch.spikes)
        return Outputs(
            answer=self.model.lm_head(decoded.last_hidden_state[:, :-1][_next_is_labelled(batch.labels)]),
            spikes=tuple(
                self.model.lm_head(language_model.norm(hidden[layer][:, :-1][predicts_audio]))
                for layer in SPIKE_LAYERS
            ),
            phonemes=self.phoneme_head(encoded).unflatten(-1, (PHONEME_SLOTS, -1)),
            guide=self._guide(hidden, batch.guides),
        )

    def encode(self, batch: Batch) -> Tensor:
        """Run the released encoder with attention within windows: [audio tokens, width]."""
        tower = self.model.model.audio_tower
        chunks = batch.chunks
        for convolution in (tower.conv2d1, tower.conv2d2, tower.conv2d3):
            chunks = F.gelu(convolution(chunks))
        steps = tower.conv_out(chunks.permute(0, 3, 1, 2).flatten(2))  # [C, 13, width]
        steps = steps + tower.positional_embedding.positional_embedding[: steps.shape[1]]
        valid = torch.arange(steps.shape[1], device=steps.device) < batch.chunk_tokens[:, None]
        hidden = steps[valid]
        for layer in tower.layers:
            hidden = hidden + _window_attention(layer.self_attn, layer.self_attn_layer_norm(hidden), batch)
            hidden = hidden + layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(hidden))))
        encoded: Tensor = tower.ln_post(hidden)
        return encoded

    def _guide(self, hidden: tuple[Tensor, ...], guides: Tensor) -> Tensor:
        if not len(guides):
            return hidden[0].new_zeros(())
        losses = [self._head_misses(layer, hidden[layer], guides) for layer in GUIDED_LAYERS]
        return torch.stack(losses).mean()

    def _head_misses(self, index: int, hidden: Tensor, guides: Tensor) -> Tensor:
        """Negative log of the attention that head 0 of a layer puts on the end of the next token's word."""
        language_model = self.model.model.language_model
        layer = language_model.layers[index]
        attention, width, length = layer.self_attn, layer.self_attn.head_dim, hidden.shape[1]
        normed = layer.input_layernorm(hidden)
        query = attention.q_norm(F.linear(normed, attention.q_proj.weight[:width]))[:, None]
        key = attention.k_norm(F.linear(normed, attention.k_proj.weight[:width]))[:, None]
        positions = torch.arange(length, device=hidden.device)
        query, key = apply_rotary_pos_emb(query, key, *language_model.rotary_emb(hidden, positions[None]))
        rows, asking, wanted = guides.unbind(1)
        scores = (query[:, 0] @ key[:, 0].transpose(1, 2) * width**-0.5)[rows, asking].float()  # [G, T]
        scores = scores.masked_fill(positions[None] > asking[:, None], -1e4)
        near = torch.stack([scores.gather(1, (wanted + reach)[:, None])[:, 0] for reach in GUIDE_REACH])
        return (scores.logsumexp(1) - near.logsumexp(0)).mean()


def _window_attention(attention: nn.Module, hidden: Tensor, batch: Batch) -> Tensor:
    windows, length = batch.window_mask.shape

    def rows(projected: Tensor) -> Tensor:
        padded = projected.new_zeros(windows * length, projected.shape[-1])
        padded = padded.index_copy(0, batch.window_rows, projected)
        return padded.view(windows, length, attention.num_heads, -1).transpose(1, 2)

    queries = rows(attention.q_proj(hidden) * attention.head_dim**-0.5)
    scores = queries @ rows(attention.k_proj(hidden)).transpose(2, 3)
    weights = scores.masked_fill(~batch.window_mask[:, None, None], -torch.inf).softmax(-1)
    attended = weights.to(scores.dtype) @ rows(attention.v_proj(hidden))
    packed = attended.transpose(1, 2).flatten(2).flatten(0, 1)[batch.window_rows]
    output: Tensor = attention.out_proj(packed)
    return output


def _next_is_labelled(labels: Tensor) -> Tensor:
    return labels[:, 1:] != IGNORED
