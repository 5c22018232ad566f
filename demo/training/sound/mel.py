"""Log-mel features of single clips in torch, equal to the model's own feature extractor on a clip alone.

The extractor is not used while training: in a batch its mask and padding depend on the other clips.
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
    """Holds the tables."""

    filters: Tensor  # [128, 201] f32
    window: Tensor  # [400] f32

    @classmethod
    def build(cls) -> MelFrontEnd:
        """The filters of Whisper and Qwen3-ASR."""
        filters = mel_filter_bank(
            N_FFT // 2 + 1, MEL_BINS, 0.0, SAMPLE_RATE / 2, SAMPLE_RATE, norm="slaney", mel_scale="slaney"
        )
        return cls(torch.from_numpy(filters).float().T.contiguous(), torch.hann_window(N_FFT))

    def features(self, samples: Samples) -> Tensor:
        """[128, frames]; a clip below half a second is padded to it."""
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
    """Audio tokens of a clip: 13 for each second, and the convolved rest."""
    whole, rest = divmod(frames, CHUNK_FRAMES)
    return whole * TOKENS_PER_CHUNK + convolved(rest)
