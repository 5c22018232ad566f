"""Feature extractor of the reference, set up as the checkpoint says."""

from __future__ import annotations

from typing import Any

from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor

from asr_export.checkpoint.checkpoint import Checkpoint
from asr_export.checkpoint.source import read_json

_FRONT_END_FIELDS = ("feature_size", "sampling_rate", "hop_length", "n_fft", "min_length")


def load_front_end(checkpoint: Checkpoint) -> Qwen3ASRFeatureExtractor:
    """Make the reference feature extractor with the checkpoint's own parameters, in either layout."""
    parameters: dict[str, Any] = {}
    for name in ("preprocessor_config.json", "processor_config.json"):
        path = checkpoint.directory / name
        if path.is_file():
            found = read_json(path)
            found = found.get("feature_extractor", found)
            parameters.update({field: found[field] for field in _FRONT_END_FIELDS if field in found})
    return Qwen3ASRFeatureExtractor(n_window=checkpoint.config.audio_config.n_window, **parameters)
