"""Encoder graph for a batch of attention windows.

The convolutions work on one second, positions restart every second, and attention stays within a window. So
each window of each request is an independent row: [W, mel, C·chunk] → [W, 13·C, hidden].
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from transformers import Qwen3ASRForConditionalGeneration
from transformers.exporters.onnxruntime_fusions import fuse_for_onnxruntime

from asr_export.quantisation.int8_convolution import Int8Convolutions
from asr_export.recipe import Provider

OPSET = 20
_MASKED = -1e4  # exp() of it is 0 in every dtype, and it fits into float16


class WindowEncoder(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by mypy
    """Audio tower and projector of transformers, batched over windows instead of packed into one sequence."""

    def __init__(self, model: Qwen3ASRForConditionalGeneration) -> None:
        super().__init__()
        self.tower = model.model.audio_tower
        self.projector = model.model.multi_modal_projector
        self.convolutions = _Convolutions(self.tower.conv2d1, self.tower.conv2d2, self.tower.conv2d3)
        self.chunk_frames = 2 * model.config.audio_config.n_window
        self.tokens_per_chunk = model.config.audio_config.max_position_embeddings

    def forward(self, input_features: torch.Tensor, token_lens: torch.Tensor) -> torch.Tensor:
        """`input_features` [W, mel, C·chunk], `token_lens` [W] int64 → [W, 13·C, hidden]."""
        num_windows, num_mel_bins, frames = input_features.shape
        num_chunks = frames // self.chunk_frames
        num_tokens = num_chunks * self.tokens_per_chunk
        chunks = input_features.reshape(num_windows, num_mel_bins, num_chunks, self.chunk_frames)
        hidden = self._convolve(chunks.permute(0, 2, 1, 3).flatten(0, 1).unsqueeze(1))  # [W·C, 13, d]
        hidden = hidden.reshape(num_windows, num_tokens, -1)
        valid = torch.arange(num_tokens) < token_lens.unsqueeze(1)  # [W, 13·C]
        bias = torch.where(valid, 0.0, _MASKED).to(hidden.dtype)[:, None, None, :]
        bias = bias.expand(num_windows, 1, num_tokens, num_tokens)
        for layer in self.tower.layers:
            hidden = self._layer(layer, hidden, bias)
        return self.projector(self.tower.ln_post(hidden))

    def _convolve(self, chunks: torch.Tensor) -> torch.Tensor:
        """[chunks, 1, mel, chunk] → [chunks, 13, d], with positions added."""
        chunks = self.convolutions(chunks)
        hidden = self.tower.conv_out(chunks.permute(0, 3, 1, 2).flatten(2))
        positions = self.tower.positional_embedding.positional_embedding[: self.tokens_per_chunk]
        return hidden + positions.to(hidden.dtype)

    def _layer(self, layer: torch.nn.Module, hidden: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        hidden = hidden + self._attend(layer.self_attn, layer.self_attn_layer_norm(hidden), bias)
        hidden = hidden + layer.fc2(layer.activation_fn(layer.fc1(layer.final_layer_norm(hidden))))
        if hidden.dtype == torch.float16:  # as the layer of transformers does
            limit = torch.finfo(torch.float16).max - 1000
            hidden = torch.clamp(hidden, min=-limit, max=limit)
        return hidden

    def _attend(self, attention: torch.nn.Module, hidden: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        rows, tokens, _ = hidden.shape
        query, key, value = (
            projection(hidden).view(rows, tokens, attention.num_heads, attention.head_dim).transpose(1, 2)
            for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=attention.scaling)
        return attention.out_proj(mixed.transpose(1, 2).reshape(rows, tokens, -1))


class _Convolutions(torch.nn.Sequential):  # type: ignore[misc]
    """[N, 1, mel, chunk] → [N, d, mel/8, 13]."""

    def forward(self, chunks: torch.Tensor) -> torch.Tensor:
        for convolution in self:
            chunks = F.gelu(convolution(chunks))
        return chunks


def export_encoder(
    model: Qwen3ASRForConditionalGeneration,
    path: Path,
    *,
    dtype: torch.dtype,
    provider: Provider,
    int8_convolutions: bool = False,
) -> None:
    """Write the fused graph to `path` and its weights to `path`.data."""
    # A copy, because the model is still needed as the fp32 reference.
    encoder = copy.deepcopy(WindowEncoder(model)).to(dtype).eval()
    if int8_convolutions:
        encoder.convolutions = Int8Convolutions(*encoder.convolutions)
    max_chunks = model.config.audio_config.n_window_infer // encoder.chunk_frames
    frames = max_chunks * encoder.chunk_frames
    features = torch.zeros(2, model.config.audio_config.num_mel_bins, frames, dtype=dtype)
    token_lens = torch.full((2,), max_chunks * encoder.tokens_per_chunk)
    windows = torch.export.Dim("windows", min=1, max=4096)
    shape: dict[int, object] = {0: windows}
    if max_chunks > 1:
        shape[2] = encoder.chunk_frames * torch.export.Dim("chunks", min=1, max=max_chunks)
    with torch.no_grad(), _without_exporter_warnings():
        program = torch.onnx.export(
            encoder,
            (features, token_lens),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes={"input_features": shape, "token_lens": {0: windows}},
            input_names=["input_features", "token_lens"],
            output_names=["audio_embeds"],
            verbose=False,
        )
    fuse_for_onnxruntime(program.model, provider)
    program.save(str(path), external_data=True)


@contextmanager
def _without_exporter_warnings() -> Iterator[None]:
    """Silence the exporter's warnings about its own deprecations and about torchvision, which is not used."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
