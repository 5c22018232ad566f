"""HostDecoder: runs a decoder graph whose token embeddings are looked up on the host.

The graph chooses the next token itself: the host gets one id and one log-probability for each row, never a
row of logits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.device import Device, DeviceKind
from asr_engine.errors import ArtifactError
from asr_engine.graphs.decoder import NextTokens, check_decoder, rank_shape
from asr_engine.graphs.device_tensors import AudioEmbeds
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.graphs.session import ORT_TYPES, TensorSpec, open_session
from asr_engine.manifest import DECODER_NAME, EMBEDDINGS_NAME, Manifest
from asr_engine.text.prompt import Prompt

# The most prompt positions that one call writes; longer prompts take several calls. Attention keeps a score
# for each pair of a position in the call and one in the cache, which takes memory, and half of the scores
# within one call are masked, which is wasted work.
MAX_CHUNK = 256


class HostDecoder:
    """Owns the decoder session, the embedding table and the KV cache."""

    def __init__(
        self, artifacts: Path, manifest: Manifest, config: EngineConfig, device: Device, threads: int
    ) -> None:
        path = artifacts / DECODER_NAME
        self._embeddings = _open_embeddings(artifacts / EMBEDDINGS_NAME, manifest)
        self._embeds_dtype = np.dtype(manifest.dtypes.inputs_embeds)
        self._session = open_session(path, device, threads)
        embeds = TensorSpec(ORT_TYPES[manifest.dtypes.inputs_embeds], (None, None, manifest.text.hidden_size))
        check_decoder(path, self._session, manifest, {"inputs_embeds": embeds})
        self._total_shape = rank_shape(self._session, "total_sequence_length")
        self._cache = KvCache(
            manifest.text, config.slots, config.max_positions, manifest.dtypes.kv_cache, device
        )
        self._no_embeds = np.zeros((1, 1, manifest.text.hidden_size), self._embeds_dtype)
        self._bindings: dict[tuple[int, int], _Call] = {}

    def prefill(self, slot: int, prompt: Prompt, audio_embeds: Sequence[AudioEmbeds]) -> NextTokens:
        """Write a whole prompt into a slot. `audio_embeds` fill the prompt's audio rows in order."""
        embeds = self._embeddings[prompt.ids].astype(self._embeds_dtype, copy=False)  # [L, hidden], a copy
        if audio_embeds:
            np.concatenate(audio_embeds, out=embeds[prompt.audio_start : prompt.audio_end])
        graph_s = 0.0
        for start, end in pairwise(chunk_edges(len(prompt))):
            last = np.array([[end - start - 1]], np.int64)
            result = self._run(slot, embeds[None, start:end], last, np.array([end], np.int32))
            graph_s += result.graph_s
        # A binding keeps its inputs alive, and it may be long until this slot's next prefill replaces them.
        self._call(slot, 1).binding.bind_cpu_input("inputs_embeds", self._no_embeds)
        return replace(result, graph_s=graph_s)

    def decode(self, token_ids: NDArray[np.int64], lengths: NDArray[np.int32]) -> NextTokens:
        """Feed one token to each of the slots [0, B).

        `lengths` counts the valid positions after this call. A slot without a row gets any token with length
        1: this writes only position 0 of that slot, which the next prefill overwrites.
        """
        embeds = self._embeddings[token_ids].astype(self._embeds_dtype, copy=False)[:, None]  # [B, 1, hidden]
        return self._run(0, embeds, np.zeros((len(token_ids), 1), np.int64), lengths)

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
    """A binding made once for one shape of call; later calls rebind only the small inputs."""

    binding: ort.IOBinding
    ids: NDArray[np.int64]
    logprobs: NDArray[np.float32]

    def bind_outputs(self) -> None:
        for name, array in (("next_token_ids", self.ids), ("next_token_logprobs", self.logprobs)):
            self.binding.bind_output(
                name, DeviceKind.CPU, 0, array.dtype, list(array.shape), array.ctypes.data
            )


def chunk_edges(length: int) -> list[int]:
    """The edges of equal chunks of a prompt, 0 and `length` included; as few chunks as `MAX_CHUNK` allows."""
    chunks = -(-length // MAX_CHUNK)
    return [length * index // chunks for index in range(chunks + 1)]


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
