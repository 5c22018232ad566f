"""Mel features of single clips in torch, equal to those of the model's own feature extractor.

The extractor is not used in training, because its mask and padding depend on the other clips of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

from training.voices.speech import SAMPLE_RATE, Samples

N_FFT = 400
HOP = 160
MEL_BINS = 128
CHUNK_FRAMES = 100
TOKENS_PER_CHUNK = 13
CHUNK_MS = 1000
TOKEN_MS = 80
MIN_SAMPLES = 8_000
MEL_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0


@dataclass(frozen=True, slots=True)
class MelFrontEnd:
    """Filters and window of the transform."""

    filters: Tensor  # [128, 201] f32
    window: Tensor  # [400] f32

    @classmethod
    def build(cls) -> MelFrontEnd:
        """Make the filters that Whisper and Qwen3-ASR use."""
        filters = mel_filter_bank(
            N_FFT // 2 + 1, MEL_BINS, 0.0, SAMPLE_RATE / 2, SAMPLE_RATE, norm="slaney", mel_scale="slaney"
        )
        return cls(torch.from_numpy(filters).float().T.contiguous(), torch.hann_window(N_FFT))

    def features(self, samples: Samples) -> Tensor:
        """Log-mel features of a clip, [128, frames]; a clip shorter than half a second is padded to it."""
        clip = torch.from_numpy(samples)
        clip = torch.nn.functional.pad(clip, (0, max(0, MIN_SAMPLES - len(clip))))
        spectrum = torch.stft(clip, N_FFT, HOP, window=self.window, return_complex=True)[:, :-1]
        power = self.filters @ (spectrum.real.square() + spectrum.imag.square())
        log_power = power.clamp(min=MEL_FLOOR).log10()
        log_power = torch.maximum(log_power, log_power.max() - DYNAMIC_RANGE)
        return (log_power + 4) / 4


def convolved(frames: int) -> int:
    """Length after the encoder's three convolutions of stride 2."""
    for _ in range(3):
        frames = -(-frames // 2)
    return frames


def num_tokens(frames: int) -> int:
    """Number of audio tokens of a clip: 13 for each whole second, and those of the rest."""
    whole, rest = divmod(frames, CHUNK_FRAMES)
    return whole * TOKENS_PER_CHUNK + convolved(rest)
