"""Counts of multiply-adds and bytes against models that can be counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_engine.manifest import DECODER_NAME, load_manifest
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.synthetic import RELEASED_0_6B
from bench.ceilings import Ceilings, measure_ceilings
from bench.load import Load, Stages
from bench.work import Graph, Work


@pytest.fixture(scope="module")
def work(demo_repository: Path) -> Work:
    """The released shape over the demo model's files."""
    return Work.of(RELEASED_0_6B, demo_repository, load_manifest(demo_repository / ARTIFACTS))


def test_a_token_costs_the_decoder_each_of_its_weights_once(work: Work) -> None:
    """0.6B: 28 layers of 15.7 million weights, and the head of 155.6 million."""
    assert work.decoder_macs(1, 0, 1) == pytest.approx(28 * 15_728_640 + 155_582_464)


def test_attention_costs_what_the_keys_cost(work: Work) -> None:
    assert work.decoder_macs(1, 100, 0) - work.decoder_macs(1, 0, 0) == 28 * 2 * 2048 * 100


def test_a_window_costs_the_encoder_what_its_layers_cost(work: Work) -> None:
    """8 s: convolutions 1.3e10, 104 tokens through 18 layers of 9.6 million weights 1.8e10."""
    layers = 8 * 13 * 18 * (4 * 896**2 + 2 * 896 * 3584)
    macs = work.encoder_macs(8.0)
    assert 1.5 * layers < macs < 2.5 * layers
    assert work.encoder_macs(16.0) == pytest.approx(2 * macs)


def test_most_weights_decide_the_precision_of_a_graph(demo_repository: Path) -> None:
    manifest = load_manifest(demo_repository / ARTIFACTS)
    graph = Graph.read(demo_repository, manifest, DECODER_NAME)
    assert graph.precision == "fp32"
    assert graph.weight_bytes >= manifest.files[DECODER_NAME].bytes


def test_a_step_is_bound_by_memory_or_arithmetic_whichever_is_slower(work: Work) -> None:
    load, stages = Load(8.0, 1, 1), Stages(1, 1, 1, 0, decode_steps=31, decode_rows=31)
    slow_memory = work.bounds(load, stages, Ceilings(1e6, 1e15, 1e15, 1e15))
    slow_arithmetic = work.bounds(load, stages, Ceilings(1e15, 1e9, 1e9, 1e9))
    assert slow_memory.decode_s > slow_memory.encode_s
    assert slow_arithmetic.decode_s == pytest.approx(31 * work.decoder_macs(1, 120 + 16, 1) / 1e9)


def test_ceilings_of_this_machine_are_measured() -> None:
    found = measure_ceilings(1, size=64, stream_bytes=1 << 20)
    assert min(found.macs_per_s(kind) for kind in ("fp32", "bf16", "int8")) > 0
    better = Ceilings(found.bytes_per_s * 2, 0, 0, 0)
    assert Ceilings.best([found, better]).bytes_per_s == better.bytes_per_s
