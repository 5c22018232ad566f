"""Batch of examples as the tensors of one training step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from training.examples.example import Example
from training.examples.targets import IGNORED
from training.sound.mel import CHUNK_FRAMES, TOKENS_PER_CHUNK, convolved


@dataclass(frozen=True, slots=True)
class Batch:
    """B examples of T tokens. The C one-second chunks and A audio tokens of all examples are concatenated."""

    chunks: Tensor  # [C, 1, 128, 100] f32, zero beyond a clip
    chunk_tokens: Tensor  # [C] audio tokens of a chunk
    window_rows: Tensor  # [A] place of an audio token in the flattened [windows, window_tokens]
    window_mask: Tensor  # [windows, window_tokens] bool
    input_ids: Tensor  # [B, T]
    labels: Tensor  # [B, T], IGNORED outside the answer
    spikes: Tensor  # [B, T], IGNORED outside the audio
    phonemes: Tensor  # [A, slots]
    guides: Tensor  # [G, 3]: example, position that predicts a text token, audio position where its word ends
    audio_s: float

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        moved = {
            field.name: value.to(device, non_blocking=True)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return Batch(**moved, audio_s=self.audio_s)


def collate(examples: Sequence[Example], window_frames: int, audio_token: int, padding_token: int) -> Batch:
    """Make a batch. `window_frames` is the encoder's attention window, a multiple of the chunk."""
    rows, mask = _windows(examples, window_frames // CHUNK_FRAMES)
    input_ids = _padded([example.tokens for example in examples], padding_token)
    return Batch(
        chunks=torch.cat([_chunks(example.features) for example in examples]),
        chunk_tokens=torch.tensor([count for example in examples for count in _chunk_tokens(example)]),
        window_rows=rows,
        window_mask=mask,
        input_ids=input_ids,
        labels=_padded([_labels(example) for example in examples], IGNORED),
        spikes=_padded(
            [_spike_labels(example, audio_token) for example in examples], IGNORED, len(input_ids[0])
        ),
        phonemes=torch.from_numpy(np.concatenate([example.phonemes for example in examples])),
        guides=torch.tensor(_guides(examples), dtype=torch.long).reshape(-1, 3),
        audio_s=sum(example.features.shape[1] for example in examples) / CHUNK_FRAMES,
    )


def _chunks(features: Tensor) -> Tensor:
    bins, frames = features.shape
    whole = F.pad(features, (0, -frames % CHUNK_FRAMES))
    return whole.view(bins, -1, CHUNK_FRAMES).permute(1, 0, 2).unsqueeze(1)


def _chunk_tokens(example: Example) -> list[int]:
    whole, rest = divmod(example.features.shape[1], CHUNK_FRAMES)
    return [TOKENS_PER_CHUNK] * whole + ([convolved(rest)] if rest else [])


def _windows(examples: Sequence[Example], window_chunks: int) -> tuple[Tensor, Tensor]:
    """Place audio tokens in rows of one window each; only the last window of a clip is shorter."""
    capacity = window_chunks * TOKENS_PER_CHUNK
    lengths = [
        min(capacity, len(example.phonemes) - start)
        for example in examples
        for start in range(0, len(example.phonemes), capacity)
    ]
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return mask.flatten().nonzero().squeeze(1), mask


def _labels(example: Example) -> list[int]:
    return [IGNORED] * example.answer_start + example.tokens[example.answer_start :]


def _spike_labels(example: Example, audio_token: int) -> list[int]:
    labels = [audio_token] * len(example.phonemes)
    for spike in example.spikes:
        labels[spike.position] = spike.token
    return [IGNORED] * example.audio_start + labels


def _guides(examples: Sequence[Example]) -> list[tuple[int, int, int]]:
    return [
        (row, example.text_start + spike.index - 1, example.audio_start + spike.position)
        for row, example in enumerate(examples)
        for spike in example.spikes
    ]


def _padded(rows: Sequence[Sequence[int]], padding: int, length: int = 0) -> Tensor:
    length = max(length, *(len(row) for row in rows))
    padded = torch.full((len(rows), length), padding)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = torch.tensor(row)
    return padded
