"""DeviceDecoder: runs a decoder graph that looks token embeddings up itself, as on a GPU.

Embeddings, KV cache, encoder output and the chosen ids stay in the device's memory. A decode step sends the
lengths and brings back one id and one log-probability for each row.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from asr_engine.config import EngineConfig
from asr_engine.device import Device, DeviceKind
from asr_engine.graphs.decoder import NextTokens, check_decoder, rank_shape
from asr_engine.graphs.device_tensors import AudioEmbeds, DeviceRows, copy_to_device
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.graphs.session import ORT_INT64, ORT_TYPES, TensorSpec, open_session
from asr_engine.manifest import DECODER_NAME, Manifest
from asr_engine.text.prompt import Prompt


class DeviceDecoder:
    """Owns the decoder session, the KV cache and each slot's last chosen id, all on one device."""

    def __init__(
        self, artifacts: Path, manifest: Manifest, config: EngineConfig, device: Device, threads: int
    ) -> None:
        path, text = artifacts / DECODER_NAME, manifest.text
        dtype = manifest.dtypes.audio_embeds
        self._device = device
        self._session = open_session(path, device, threads)
        audio = TensorSpec(ORT_TYPES[dtype], (None, None, text.hidden_size))
        own_inputs = {"input_ids": TensorSpec(ORT_INT64, (None, None)), "audio_embeds": audio}
        check_decoder(path, self._session, manifest, own_inputs)
        self._total_shape = rank_shape(self._session, "total_sequence_length")
        self._cache = KvCache(text, config.slots, config.max_positions, manifest.dtypes.kv_cache, device)
        self._vocab_size = text.vocab_size
        self._chosen = np.zeros(config.slots, np.int64)  # the host's copy of what the device holds
        self._ids = copy_to_device(self._chosen.copy(), device)
        self._no_audio = copy_to_device(np.zeros((1, 1, text.hidden_size), dtype), device)
        self._prefills: dict[int, _Call] = {}  # by slot
        self._decodes: dict[int, _Call] = {}  # by number of rows

    def prefill(self, slot: int, prompt: Prompt, audio_embeds: Sequence[AudioEmbeds]) -> NextTokens:
        """Write a whole prompt into a slot. `audio_embeds` fill the prompt's audio rows in order."""
        tensor, rows = self._audio_tensor(audio_embeds)
        ids = prompt.ids.copy()
        ids[prompt.audio_start : prompt.audio_end] = self._vocab_size + rows
        if slot not in self._prefills:
            self._prefills[slot] = self._new_call(slot, 1)
        call = self._prefills[slot]
        call.binding.bind_cpu_input("input_ids", ids[None])
        call.binding.bind_cpu_input("last_token_index", np.array([[len(prompt) - 1]], np.int64))
        call.binding.bind_ortvalue_input("audio_embeds", tensor)
        result = self._run(call, slot, np.array([len(prompt)], np.int32))
        call.binding.bind_ortvalue_input("audio_embeds", self._no_audio)  # frees the encoder's output
        return result

    def decode(self, token_ids: NDArray[np.int64], lengths: NDArray[np.int32]) -> NextTokens:
        """Feed one token to each of the slots [0, B).

        The ids are sent only when they differ from those that the device chose itself.
        """
        rows = len(token_ids)
        used = lengths > 1
        if not np.array_equal(token_ids[used], self._chosen[:rows][used]):
            self._chosen[:rows] = token_ids
            self._ids.update_inplace(self._chosen)
        if rows not in self._decodes:
            self._decodes[rows] = self._new_decode(rows)
        return self._run(self._decodes[rows], 0, lengths)

    def _audio_tensor(
        self, audio_embeds: Sequence[AudioEmbeds]
    ) -> tuple[ort.OrtValue, NDArray[np.int64] | int]:
        """A tensor on the device that holds all these rows, and their indices in it.

        Windows encoded by different calls lie in different tensors; they are joined on the host.
        """
        if not audio_embeds:
            return self._no_audio, 0
        parts = [part for part in audio_embeds if isinstance(part, DeviceRows)]
        if len(parts) == len(audio_embeds) and all(part.tensor is parts[0].tensor for part in parts):
            return parts[0].tensor, np.concatenate([_indices(part) for part in parts])
        joined = np.concatenate([np.asarray(part) for part in audio_embeds])
        return copy_to_device(joined[None], self._device), np.arange(len(joined))

    def _run(self, call: _Call, slot: int, lengths: NDArray[np.int32]) -> NextTokens:
        binding, rows = call.binding, len(lengths)
        binding.bind_cpu_input("seqlens_k", lengths - 1)
        binding.bind_cpu_input("total_sequence_length", np.full(self._total_shape, lengths.max(), np.int32))
        binding.synchronize_inputs()
        started_at = time.perf_counter()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        self._chosen[slot : slot + rows] = self._ids.numpy()[slot : slot + rows]
        ids = self._chosen[slot : slot + rows].copy()
        return NextTokens(ids, call.logprobs, time.perf_counter() - started_at)

    def _new_call(self, slot: int, rows: int) -> _Call:
        call = _Call(self._session.io_binding(), np.zeros(rows, np.float32))
        self._cache.bind(call.binding, slot, rows)
        call.binding.bind_output("next_token_ids", *self._ids_binding([rows], slot))
        shape, pointer = list(call.logprobs.shape), call.logprobs.ctypes.data
        call.binding.bind_output("next_token_logprobs", DeviceKind.CPU, 0, np.float32, shape, pointer)
        return call

    def _new_decode(self, rows: int) -> _Call:
        """A decode call whose ids are read from the memory that the next ids are written to.

        This is safe because the graph's first node reads them and its last node writes them.
        """
        call = self._new_call(0, rows)
        call.binding.bind_input("input_ids", *self._ids_binding([rows, 1], 0))
        call.binding.bind_ortvalue_input(
            "last_token_index", copy_to_device(np.zeros((rows, 1), np.int64), self._device)
        )
        call.binding.bind_ortvalue_input("audio_embeds", self._no_audio)
        return call

    def _ids_binding(self, shape: list[int], slot: int) -> tuple[str, int, type, list[int], int]:
        pointer = self._ids.data_ptr() + slot * self._chosen.itemsize
        return self._device.kind, self._device.index, np.int64, shape, pointer


@dataclass(frozen=True, slots=True)
class _Call:
    """A binding made once for one shape of call; later calls rebind only the small inputs."""

    binding: ort.IOBinding
    logprobs: NDArray[np.float32]  # on the host


def _indices(part: DeviceRows) -> NDArray[np.int64]:
    return np.arange(part.first, part.first + part.count)
