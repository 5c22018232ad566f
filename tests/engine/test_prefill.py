"""Long prompts go into the cache in several calls."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_engine.config import EngineConfig
from asr_engine.graphs import host_decoder
from asr_engine.graphs.host_decoder import MAX_CHUNK, chunk_edges
from asr_engine.model import Model, load_model
from asr_engine.text.prompt import Prompt

NUM_TOKENS, NUM_AUDIO = 300, 200


@pytest.fixture(scope="module")
def model(demo_repository: Path) -> Model:
    config = EngineConfig(slots=1, max_positions=512, intra_op_threads=1)
    return load_model(demo_repository / "qwen3_asr" / "1" / "artifacts", config, 0)


@given(st.integers(1, 5000))
def test_chunks_are_few_and_about_equal(length: int) -> None:
    edges = chunk_edges(length)
    sizes = [end - start for start, end in pairwise(edges)]
    assert (edges[0], edges[-1]) == (0, length)
    assert len(sizes) == -(-length // MAX_CHUNK)
    assert max(sizes) <= MAX_CHUNK
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("size", [1, 7, 64, MAX_CHUNK])
def test_wherever_a_prompt_is_cut_the_answer_is_the_same(
    model: Model, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    decoder = model.decoder
    random = np.random.default_rng(3)
    prompt = Prompt(random.integers(0, 1000, NUM_TOKENS), 20, 20 + NUM_AUDIO)
    audio = [random.standard_normal((NUM_AUDIO, model.manifest.text.hidden_size), np.float32) / 10]
    monkeypatch.setattr(host_decoder, "MAX_CHUNK", NUM_TOKENS)
    whole = decoder.prefill(0, prompt, audio)
    following = decoder.decode(whole.ids, np.array([NUM_TOKENS + 1], np.int32))
    monkeypatch.setattr(host_decoder, "MAX_CHUNK", size)
    cut = decoder.prefill(0, prompt, audio)
    assert cut.ids == whole.ids
    assert cut.logprobs == pytest.approx(whole.logprobs, abs=1e-4)
    again = decoder.decode(cut.ids, np.array([NUM_TOKENS + 1], np.int32))
    assert again.ids == following.ids
    assert again.logprobs == pytest.approx(following.logprobs, abs=1e-4)
