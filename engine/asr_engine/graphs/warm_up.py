"""Warm-up of the graphs after opening: first calls are slow, and a broken graph is noticed here."""

from __future__ import annotations

import numpy as np

from asr_engine.errors import ArtifactError
from asr_engine.features import Window
from asr_engine.graphs.decoder import Decoder
from asr_engine.graphs.encoder import Encoder
from asr_engine.manifest import AudioDims
from asr_engine.text.prompt import Prompt


def warm_up(encoder: Encoder, decoder: Decoder, dims: AudioDims, slots: int) -> None:
    """Run every kind of call once; raises ArtifactError when the decoder answers NaN."""
    _warm_up_encoder(encoder, dims)
    warm_up_decoder(decoder, slots)


def _warm_up_encoder(encoder: Encoder, dims: AudioDims) -> None:
    """One window of every number of chunks."""
    for chunks in range(1, dims.window_frames // dims.chunk_frames + 1):
        features = np.zeros((dims.num_mel_bins, chunks * dims.chunk_frames), np.float32)
        encoder.encode([Window(features, chunks * dims.tokens_per_chunk)])


def warm_up_decoder(decoder: Decoder, slots: int) -> None:
    """A short prefill, then a decode call for one row and one for all slots; raises ArtifactError on NaN."""
    prompt = Prompt(np.zeros(16, np.int64), 0, 0)
    results = [decoder.prefill(0, prompt, [])]
    for rows in {1, slots}:
        lengths = np.ones(rows, np.int32)
        lengths[0] = len(prompt) + 1
        results.append(decoder.decode(np.zeros(rows, np.int64), lengths))
    if not all(np.isfinite(result.logprobs).all() for result in results):
        raise ArtifactError("the decoder answers NaN to its warm-up")
