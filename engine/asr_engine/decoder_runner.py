"""Runs the text decoder: prefill of one fresh row, decode of all rows at once.

The graph chooses the token itself, so that the host sees one id and one log-probability for each row and
never a row of logits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.errors import ArtifactError
from asr_engine.kv_cache import KvCache
from asr_engine.manifest import DECODER_NAME, EMBEDDINGS_NAME, Manifest
from asr_engine.prompt import Prompt
from asr_engine.session import (
    ORT_INT32,
    ORT_INT64,
    ORT_TYPES,
    Device,
    TensorSpec,
    check_no_more,
    check_tensors,
    open_session,
)


@dataclass(frozen=True, slots=True)
class NextTokens:
    """The greedy choice for each row of a call."""

    ids: NDArray[np.int64]  # [B]
    logprobs: NDArray[np.float32]  # [B]; NaN where the row is broken
    graph_s: float  # seconds of the call inside ONNX Runtime


class DecoderRunner:
    """Owns the decoder session, the embedding table and the KV cache."""

    def __init__(
        self, artifacts: Path, manifest: Manifest, config: EngineConfig, device: Device, threads: int
    ) -> None:
        path = artifacts / DECODER_NAME
        self._embeddings = _open_embeddings(artifacts / EMBEDDINGS_NAME, manifest)
        self._embeds_dtype = np.dtype(manifest.dtypes.inputs_embeds)
        self._session = open_session(path, device, threads)
        _check_graph(path, self._session, manifest)
        self._total_shape = _rank_shape(self._session, "total_sequence_length")
        self._cache = KvCache(
            manifest.text, config.slots, config.max_positions, manifest.dtypes.kv_cache, device
        )
        self._slots = config.slots
        self._bindings: dict[tuple[int, int], _Call] = {}

    def prefill(self, slot: int, prompt: Prompt, audio_embeds: list[NDArray[Any]]) -> NextTokens:
        """Write a whole prompt into a slot. `audio_embeds` fill the prompt's audio rows in order."""
        embeds = self._embeddings[prompt.ids].astype(self._embeds_dtype)  # [L, hidden]
        if audio_embeds:
            embeds[prompt.audio_start : prompt.audio_end] = np.concatenate(audio_embeds)
        lengths = np.array([len(prompt)], np.int32)
        return self._run(slot, embeds[None], np.array([[len(prompt) - 1]], np.int64), lengths)

    def decode(self, token_ids: NDArray[np.int64], lengths: NDArray[np.int32]) -> NextTokens:
        """Feed one token to each of the slots [0, B).

        `lengths` counts the valid positions after this call. A slot that no row uses takes any token with
        length 1: it writes position 0 of its own slot only, which the next prefill overwrites.
        """
        embeds = self._embeddings[token_ids].astype(self._embeds_dtype, copy=False)[:, None]  # [B, 1, hidden]
        return self._run(0, embeds, np.zeros((len(token_ids), 1), np.int64), lengths)

    def warm_up(self) -> None:
        """A short prefill, then decode calls alone and over all slots; raises ArtifactError on NaN."""
        prompt = Prompt(np.zeros(16, np.int64), 0, 0)
        results = [self.prefill(0, prompt, [])]
        for rows in {1, self._slots}:
            lengths = np.ones(rows, np.int32)
            lengths[0] = len(prompt) + 1
            results.append(self.decode(np.zeros(rows, np.int64), lengths))
        if not all(np.isfinite(result.logprobs).all() for result in results):
            raise ArtifactError("the decoder answers NaN to its warm-up")

    def _run(
        self,
        slot: int,
        embeds: NDArray[Any],
        last_token_index: NDArray[np.int64],
        lengths: NDArray[np.int32],
    ) -> NextTokens:
        call = self._call(slot, len(lengths))
        binding = call.binding
        binding.bind_cpu_input("inputs_embeds", np.ascontiguousarray(embeds))
        binding.bind_cpu_input("last_token_index", last_token_index)
        binding.bind_cpu_input("seqlens_k", lengths - 1)
        binding.bind_cpu_input("total_sequence_length", np.full(self._total_shape, lengths.max(), np.int32))
        binding.synchronize_inputs()
        started_at = time.perf_counter()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return NextTokens(call.ids, call.logprobs, time.perf_counter() - started_at)

    def _call(self, slot: int, rows: int) -> _Call:
        key = (slot, rows)
        if key not in self._bindings:
            call = _Call(self._session.io_binding(), np.zeros(rows, np.int64), np.zeros(rows, np.float32))
            self._cache.bind(call.binding, slot, rows)
            call.bind_outputs()
            self._bindings[key] = call
        return self._bindings[key]


@dataclass(frozen=True, slots=True)
class _Call:
    """A binding for one shape of call, made once: KV pointers and results stay, small inputs are rebound."""

    binding: ort.IOBinding
    ids: NDArray[np.int64]
    logprobs: NDArray[np.float32]

    def bind_outputs(self) -> None:
        for name, array in (("next_token_ids", self.ids), ("next_token_logprobs", self.logprobs)):
            self.binding.bind_output(name, "cpu", 0, array.dtype, list(array.shape), array.ctypes.data)


def _open_embeddings(path: Path, manifest: Manifest) -> NDArray[Any]:
    try:
        table: NDArray[Any] = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not readable: {error}") from error
    wanted = (manifest.text.vocab_size, manifest.text.hidden_size)
    if table.shape != wanted or table.dtype != np.dtype(manifest.dtypes.embeddings):
        raise ArtifactError(
            f"{path}: {table.dtype} {list(table.shape)}; "
            f"the manifest says {manifest.dtypes.embeddings} {list(wanted)}"
        )
    return table


def _check_graph(path: Path, session: ort.InferenceSession, manifest: Manifest) -> None:
    text, dtypes = manifest.text, manifest.dtypes
    cache = TensorSpec(ORT_TYPES[dtypes.kv_cache], (None, text.num_kv_heads, None, text.head_dim))
    layers = [f"{layer}.{part}" for layer in range(text.num_layers) for part in ("key", "value")]
    total = _rank_shape(session, "total_sequence_length")
    inputs = {
        "inputs_embeds": TensorSpec(ORT_TYPES[dtypes.inputs_embeds], (None, None, text.hidden_size)),
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


def _rank_shape(session: ort.InferenceSession, name: str) -> tuple[int, ...]:
    """() or (1,): the operator takes either, the exporter decides."""
    shapes = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    return (1,) * len(shapes.get(name, ()))
