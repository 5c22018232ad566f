"""Encoder: runs the audio encoder graph over windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_engine.device import Device
from asr_engine.errors import ArtifactError
from asr_engine.features import Window
from asr_engine.graphs.device_tensors import AudioEmbeds, DeviceRows
from asr_engine.graphs.session import (
    ORT_INT64,
    ORT_TYPES,
    TensorSpec,
    check_no_more,
    check_tensors,
    open_session,
)
from asr_engine.manifest import ENCODER_NAME, Manifest

_FEATURE_DTYPES = {ORT_TYPES[name]: np.dtype(name) for name in ORT_TYPES}


class Encoder:
    """Owns the encoder session.

    `input_features` [W, mel, C*chunk_frames], `token_lens` [W] -> `audio_embeds` [W, C*tokens_per_chunk, H].
    """

    def __init__(self, artifacts: Path, manifest: Manifest, device: Device, threads: int) -> None:
        path = artifacts / ENCODER_NAME
        self._dims = manifest.audio
        self._device = device
        self._keep_on_device = manifest.embeds_in_graph
        self._session = open_session(path, device, threads)
        self._feature_dtype = self._check(path, manifest)

    def encode(self, windows: Sequence[Window]) -> list[AudioEmbeds]:
        """The audio embeddings of each window, [num_tokens, hidden].

        They stay on the device when the decoder reads them there, and all windows go into one call. Otherwise
        each window is a call of its own: on the CPU a batch is no faster, takes more memory, and pads short
        windows to the longest.
        """
        if self._keep_on_device:
            return self._encode_rows(windows)
        return [embeds for window in windows for embeds in self._encode_rows((window,))]

    def _encode_rows(self, windows: Sequence[Window]) -> list[AudioEmbeds]:
        """One call; shorter windows are padded to the longest."""
        frames = max(window.features.shape[1] for window in windows)
        shape = (len(windows), self._dims.num_mel_bins, frames)
        features = np.zeros(shape, self._feature_dtype)
        for row, window in enumerate(windows):
            features[row, :, : window.features.shape[1]] = window.features
        token_lens = np.array([window.num_tokens for window in windows], np.int64)
        inputs = {"input_features": features, "token_lens": token_lens}
        if self._keep_on_device:
            return self._encode_on_device(inputs, windows)
        (embeds,) = self._session.run(["audio_embeds"], inputs)
        return [embeds[row, : window.num_tokens] for row, window in enumerate(windows)]

    def _encode_on_device(
        self, inputs: dict[str, NDArray[Any]], windows: Sequence[Window]
    ) -> list[AudioEmbeds]:
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        binding.bind_output("audio_embeds", self._device.kind, self._device.index)
        binding.synchronize_inputs()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        (embeds,) = binding.get_outputs()  # [W, T, hidden]
        row_tokens = embeds.shape()[1]
        return [DeviceRows(embeds, row * row_tokens, each.num_tokens) for row, each in enumerate(windows)]

    def _check(self, path: Path, manifest: Manifest) -> np.dtype[Any]:
        dims = manifest.audio
        found = {tensor.name: tensor.type for tensor in self._session.get_inputs()}
        feature_type = found.get("input_features", ORT_TYPES["float32"])
        if feature_type not in _FEATURE_DTYPES:
            raise ArtifactError(
                f"{path}: input 'input_features' is {feature_type}; float32 or float16 is needed"
            )
        inputs = {
            "input_features": TensorSpec(feature_type, (None, dims.num_mel_bins, None)),
            "token_lens": TensorSpec(ORT_INT64, (None,)),
        }
        outputs = {
            "audio_embeds": TensorSpec(
                ORT_TYPES[manifest.dtypes.audio_embeds], (None, None, dims.hidden_size)
            )
        }
        check_tensors(path, "input", self._session.get_inputs(), inputs)
        check_no_more(path, self._session.get_inputs(), inputs)
        check_tensors(path, "output", self._session.get_outputs(), outputs)
        return _FEATURE_DTYPES[feature_type]
