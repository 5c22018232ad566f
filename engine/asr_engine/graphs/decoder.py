"""Decoder protocol that the loop relies on, and the checks that both implementations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from asr_engine.graphs.device_tensors import AudioEmbeds
from asr_engine.graphs.session import (
    ORT_INT32,
    ORT_INT64,
    ORT_TYPES,
    TensorSpec,
    check_no_more,
    check_tensors,
)
from asr_engine.manifest import Manifest
from asr_engine.text.prompt import Prompt


@dataclass(frozen=True, slots=True)
class NextTokens:
    """The greedy choice for each row of a call."""

    ids: NDArray[np.int64]  # [B]
    logprobs: NDArray[np.float32]  # [B]; NaN where the row is broken
    graph_s: float  # seconds of the call inside ONNX Runtime


class Decoder(Protocol):
    """HostDecoder looks token embeddings up on the host; DeviceDecoder leaves that to the graph."""

    def prefill(self, slot: int, prompt: Prompt, audio_embeds: Sequence[AudioEmbeds]) -> NextTokens:
        """Write a whole prompt into a slot. `audio_embeds` fill the prompt's audio rows in order."""
        ...

    def decode(self, token_ids: NDArray[np.int64], lengths: NDArray[np.int32]) -> NextTokens:
        """Feed one token to each of the slots [0, B); `lengths` counts the valid positions after it."""
        ...


def check_decoder(
    path: Path, session: ort.InferenceSession, manifest: Manifest, own_inputs: Mapping[str, TensorSpec]
) -> None:
    """Raises ArtifactError unless the inputs are exactly `own_inputs`, the lengths and the cache."""
    text, dtypes = manifest.text, manifest.dtypes
    cache = TensorSpec(ORT_TYPES[dtypes.kv_cache], (None, text.num_kv_heads, None, text.head_dim))
    layers = [f"{layer}.{part}" for layer in range(text.num_layers) for part in ("key", "value")]
    total = rank_shape(session, "total_sequence_length")
    inputs = {
        **own_inputs,
        "last_token_index": TensorSpec(ORT_INT64, (None, 1)),
        "seqlens_k": TensorSpec(ORT_INT32, (None,)),
        "total_sequence_length": TensorSpec(ORT_INT32, total),
        **{f"past_key_values.{layer}": cache for layer in layers},
    }
    outputs = {
        "next_token_ids": TensorSpec(ORT_INT64, (None,)),
        "next_token_logprobs": TensorSpec(ORT_TYPES["float32"], (None,)),
        **{f"present.{layer}": cache for layer in layers},
    }
    check_tensors(path, "input", session.get_inputs(), inputs)
    check_no_more(path, session.get_inputs(), inputs)
    check_tensors(path, "output", session.get_outputs(), outputs)


def rank_shape(session: ort.InferenceSession, name: str) -> tuple[int, ...]:
    """The shape of a one-element input: () or (1,), whichever the exporter wrote."""
    shapes = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    return (1,) * len(shapes.get(name, ()))
