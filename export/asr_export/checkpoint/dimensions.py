"""Dimensions of a checkpoint, as the manifest states them."""

from __future__ import annotations

from transformers import Qwen3ASRConfig
from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor

from asr_engine.manifest import AudioDims, TextDims


def audio_dims(config: Qwen3ASRConfig, front_end: Qwen3ASRFeatureExtractor) -> AudioDims:
    """Dimensions of the front end and the encoder."""
    audio = config.audio_config
    return AudioDims(
        sample_rate=front_end.sampling_rate,
        num_mel_bins=audio.num_mel_bins,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        min_samples=front_end.min_length,
        chunk_frames=2 * audio.n_window,
        tokens_per_chunk=audio.max_position_embeddings,
        window_frames=audio.n_window_infer,
        hidden_size=audio.output_dim,
    )


def text_dims(config: Qwen3ASRConfig) -> TextDims:
    """Dimensions of the decoder."""
    text = config.text_config
    return TextDims(
        num_layers=text.num_hidden_layers,
        hidden_size=text.hidden_size,
        num_kv_heads=text.num_key_value_heads,
        head_dim=text.head_dim,
        vocab_size=text.vocab_size,
        max_positions=text.max_position_embeddings,
    )
