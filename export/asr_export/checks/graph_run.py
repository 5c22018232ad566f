"""Runs of exported graphs on the CPU, one clip at a time, for comparison with the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from asr_engine.manifest import AudioDims, TextDims
from asr_export.checks.clip import num_audio_tokens

Floats = NDArray[np.float32]
_NUMPY_OF = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class EncoderRun:
    """Encoder graph."""

    def __init__(self, path: Path, audio: AudioDims) -> None:
        self._session = _session(path)
        self._dtype = _NUMPY_OF[self._session.get_inputs()[0].type]
        self._audio = audio

    def __call__(self, features: Floats, num_frames: int) -> Floats:
        """`features` [mel, frames padded to whole chunks] → audio embeddings [tokens, hidden]."""
        rows = []
        for start in range(0, num_frames, self._audio.window_frames):
            frames = min(self._audio.window_frames, num_frames - start)
            padded = -(-frames // self._audio.chunk_frames) * self._audio.chunk_frames
            window = features[None, :, start : start + padded].astype(self._dtype)
            num_tokens = num_audio_tokens(frames, self._audio)
            feeds = {"input_features": window, "token_lens": np.array([num_tokens])}
            embeds = self._session.run(["audio_embeds"], feeds)[0]
            rows.append(embeds[0, :num_tokens].astype(np.float32))
        return np.concatenate(rows)


@dataclass(frozen=True, slots=True)
class Step:
    """Result of one decoder call: the next token and its scores."""

    token: int
    logprob: float
    logits: Floats  # [vocab]


class DecoderRun:
    """Decoder graph for one sequence.

    Past and present of the KV cache share their buffers, as in the engine.
    """

    def __init__(self, path: Path, text: TextDims, max_positions: int) -> None:
        self._session = _session(path)
        inputs = {entry.name: entry.type for entry in self._session.get_inputs()}
        self._embeds_dtype = _NUMPY_OF[inputs.get("inputs_embeds") or inputs["audio_embeds"]]
        self._dtype = _NUMPY_OF[inputs["past_key_values.0.key"]]
        self._binding = self._session.io_binding()
        shape = (1, text.num_kv_heads, max_positions, text.head_dim)
        self._caches = [
            self._bind_cache(name, shape) for name in inputs if name.startswith("past_key_values.")
        ]
        for name in ("logits", "next_token_ids", "next_token_logprobs"):
            self._binding.bind_output(name, "cpu")
        self._length = 0

    def prefill(self, feeds: Mapping[str, NDArray[Any]], num_tokens: int) -> Step:
        """Start a new sequence from its prompt.

        `feeds` are its ids or embeddings, by the graph's input names.
        """
        self._length = 0
        return self.extend(feeds, num_tokens)

    def extend(self, feeds: Mapping[str, NDArray[Any]], num_new: int) -> Step:
        """Append `num_new` positions to the sequence."""
        self._length += num_new
        for name, value in feeds.items():
            self._bind(name, value if value.dtype == np.int64 else value.astype(self._embeds_dtype))
        self._bind("last_token_index", np.array([[num_new - 1]], dtype=np.int64))
        self._bind("seqlens_k", np.array([self._length - 1], dtype=np.int32))
        self._bind("total_sequence_length", np.array(self._length, dtype=np.int32))
        self._session.run_with_iobinding(self._binding)
        logits, token, logprob = (value.numpy() for value in self._binding.get_outputs()[-3:])
        return Step(int(token[0]), float(logprob[0]), logits[0, 0].astype(np.float32))

    def _bind(self, name: str, array: NDArray[Any]) -> None:
        self._binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))

    def _bind_cache(self, name: str, shape: tuple[int, ...]) -> ort.OrtValue:
        cache = ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype=self._dtype))
        self._binding.bind_ortvalue_input(name, cache)
        self._binding.bind_ortvalue_output(name.replace("past_key_values", "present"), cache)
        return cache


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Calls alternate with PyTorch's, so waiting threads must not keep the cores busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
