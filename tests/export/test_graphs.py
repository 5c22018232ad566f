"""The graphs keep the contract with the engine: names, shapes, and rows that do not see each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from asr_engine.manifest import DECODER_NAME, EMBEDDINGS_NAME, ENCODER_NAME, Manifest

MAX_POSITIONS = 64


@pytest.fixture(scope="module")
def encoder(hf_fp32: Path) -> ort.InferenceSession:
    return ort.InferenceSession(hf_fp32 / ENCODER_NAME, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def decoder(hf_fp32: Path) -> ort.InferenceSession:
    return ort.InferenceSession(hf_fp32 / DECODER_NAME, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def embeddings(hf_fp32: Path) -> NDArray[np.float32]:
    return np.load(hf_fp32 / EMBEDDINGS_NAME)


def test_encoder_has_the_agreed_inputs_and_output(encoder: ort.InferenceSession) -> None:
    inputs = {entry.name: (entry.type, len(entry.shape)) for entry in encoder.get_inputs()}
    assert inputs == {"input_features": ("tensor(float)", 3), "token_lens": ("tensor(int64)", 1)}
    assert [entry.name for entry in encoder.get_outputs()] == ["audio_embeds"]


def test_decoder_has_the_agreed_inputs_and_outputs(
    decoder: ort.InferenceSession, hf_manifest: Manifest
) -> None:
    layers = range(hf_manifest.text.num_layers)
    past = {f"past_key_values.{layer}.{part}" for layer in layers for part in ("key", "value")}
    inputs = {entry.name: entry.type for entry in decoder.get_inputs()}
    assert inputs == {
        "inputs_embeds": "tensor(float)",
        "last_token_index": "tensor(int64)",
        "seqlens_k": "tensor(int32)",
        "total_sequence_length": "tensor(int32)",
        **dict.fromkeys(past, "tensor(float)"),
    }
    outputs = {entry.name for entry in decoder.get_outputs()}
    present = {name.replace("past_key_values", "present") for name in past}
    assert outputs == {"logits", "next_token_ids", "next_token_logprobs"} | present


def test_attentions_scale_is_in_the_norms(hf_fp32: Path) -> None:
    graph = onnx.load(hf_fp32 / DECODER_NAME, load_external_data=False).graph
    attentions = [node for node in graph.node if node.op_type == "GroupQueryAttention"]
    assert attentions
    for node in attentions:
        assert {entry.f for entry in node.attribute if entry.name == "scale"} == {1.0}


def test_windows_of_different_length_share_a_batch_without_touching_each_other(
    encoder: ort.InferenceSession, hf_manifest: Manifest
) -> None:
    audio = hf_manifest.audio
    noise = np.random.default_rng(0).standard_normal((2, audio.num_mel_bins, 800), dtype=np.float32)
    short, long = noise[:1, :, :200].copy(), noise[1:]
    short_lens, long_lens = np.array([2 * 13 - 5]), np.array([8 * 13])
    padded = np.concatenate([np.pad(short, ((0, 0), (0, 0), (0, 600))), long])
    together = _encode(encoder, padded, np.concatenate([short_lens, long_lens]))
    assert together.shape == (2, 8 * audio.tokens_per_chunk, audio.hidden_size)
    alone = _encode(encoder, short, short_lens)[0, : short_lens[0]]
    np.testing.assert_allclose(together[0, : short_lens[0]], alone, atol=1e-5)
    np.testing.assert_allclose(together[1], _encode(encoder, long, long_lens)[0], atol=1e-5)


def test_features_beyond_the_valid_tokens_do_not_matter(encoder: ort.InferenceSession) -> None:
    noise = np.random.default_rng(1).standard_normal((1, 128, 300), dtype=np.float32)
    token_lens = np.array([13])
    first_second = _encode(encoder, noise, token_lens)[0, :13]
    noise[:, :, 100:] = 7.0
    np.testing.assert_allclose(_encode(encoder, noise, token_lens)[0, :13], first_second, atol=1e-5)


def test_right_padded_prefill_and_joint_decode_equal_each_row_alone(
    decoder: ort.InferenceSession, hf_manifest: Manifest, embeddings: NDArray[np.float32]
) -> None:
    prompts = [np.arange(5, 25), np.arange(100, 111)]
    alone = [_generate(decoder, hf_manifest, embeddings, [prompt])[0] for prompt in prompts]
    together = _generate(decoder, hf_manifest, embeddings, prompts)
    assert together == alone


def test_graph_chooses_the_largest_logit_and_its_log_probability(
    decoder: ort.InferenceSession, hf_manifest: Manifest, embeddings: NDArray[np.float32]
) -> None:
    rows = _Rows(decoder, hf_manifest, num_rows=1)
    logits, token, logprob = rows.call(embeddings[np.arange(9)][None], lengths=[9])
    row = logits[0, 0].astype(np.float64)
    assert logits.shape == (1, 1, hf_manifest.text.vocab_size)
    assert token[0] == row.argmax()
    assert logprob.dtype == np.float32
    assert logprob[0] == pytest.approx(row.max() - np.log(np.exp(row).sum()), abs=1e-5)


class _Rows:
    """Rows of one batch whose past and present are the same buffers, as in the engine."""

    def __init__(self, session: ort.InferenceSession, manifest: Manifest, num_rows: int) -> None:
        self._session = session
        self._binding = session.io_binding()
        shape = (num_rows, manifest.text.num_kv_heads, MAX_POSITIONS, manifest.text.head_dim)
        self._caches = []
        for entry in session.get_inputs():
            if entry.name.startswith("past_key_values."):
                cache = ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype=np.float32))
                self._binding.bind_ortvalue_input(entry.name, cache)
                self._binding.bind_ortvalue_output(entry.name.replace("past_key_values", "present"), cache)
                self._caches.append(cache)
        for name in ("logits", "next_token_ids", "next_token_logprobs"):
            self._binding.bind_output(name, "cpu")
        self._lengths = np.zeros(num_rows, dtype=np.int32)

    def call(self, embeds: NDArray[np.float32], lengths: list[int]) -> tuple[NDArray[Any], ...]:
        """`embeds` [rows, tokens, hidden], right-padded beyond `lengths`."""
        new = np.array(lengths, dtype=np.int32)
        self._lengths += new
        feeds = {
            "inputs_embeds": embeds,
            "last_token_index": (new - 1)[:, None].astype(np.int64),
            "seqlens_k": self._lengths - 1,
            "total_sequence_length": np.array(self._lengths.max(), dtype=np.int32),
        }
        for name, value in feeds.items():
            self._binding.bind_cpu_input(name, np.ascontiguousarray(value))
        self._session.run_with_iobinding(self._binding)
        return tuple(value.numpy() for value in self._binding.get_outputs()[-3:])


def _generate(
    session: ort.InferenceSession,
    manifest: Manifest,
    embeddings: NDArray[np.float32],
    prompts: list[NDArray[np.int64]],
) -> list[list[int]]:
    rows = _Rows(session, manifest, len(prompts))
    longest = max(map(len, prompts))
    padded = np.stack([np.pad(prompt, (0, longest - len(prompt)), constant_values=3) for prompt in prompts])
    _, tokens, _ = rows.call(embeddings[padded], [len(prompt) for prompt in prompts])
    texts = [[int(token)] for token in tokens]
    for _ in range(12):
        _, tokens, _ = rows.call(embeddings[tokens][:, None], [1] * len(prompts))
        for text, token in zip(texts, tokens, strict=True):
            text.append(int(token))
    return texts


def _encode(
    session: ort.InferenceSession, features: NDArray[np.float32], token_lens: NDArray[np.int64]
) -> NDArray[np.float32]:
    feeds = {"input_features": np.ascontiguousarray(features), "token_lens": token_lens}
    embeds: NDArray[np.float32] = session.run(["audio_embeds"], feeds)[0]
    return embeds
