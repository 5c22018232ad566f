"""Slots chosen from the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asr_engine.config import EngineConfig
from asr_engine.device import DeviceKind
from asr_engine.engine import AsrEngine
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.manifest import Manifest, load_manifest
from asr_engine.slot_count import CACHE_SHARE, FEWEST, MOST, chosen_slots, free_memory
from tests.engine.scripted_model import CONFIG

PLENTY = 1 << 50


@pytest.fixture(scope="module")
def manifest(scripted_artifacts: Path) -> Manifest:
    return load_manifest(scripted_artifacts)


@pytest.mark.parametrize(("cores", "slots"), [(1, FEWEST), (2, FEWEST), (6, 24), (128, MOST)])
def test_more_cores_carry_more_slots(manifest: Manifest, cores: int, slots: int) -> None:
    assert chosen_slots(EngineConfig(), manifest, DeviceKind.CPU, cores, PLENTY) == slots


def test_the_cache_leaves_most_of_the_memory_to_others(manifest: Manifest) -> None:
    config = EngineConfig()
    free = 3_000_000_000
    dims = replace(manifest.text, num_layers=28, num_kv_heads=8, head_dim=128)
    slots = chosen_slots(config, replace(manifest, text=dims), DeviceKind.CPU, 8, free)
    used = KvCache.bytes_for(dims, slots, config.max_positions, manifest.dtypes.kv_cache)
    one_more = KvCache.bytes_for(dims, slots + 1, config.max_positions, manifest.dtypes.kv_cache)
    assert used <= CACHE_SHARE * free < one_more


def test_one_slot_is_the_least(manifest: Manifest) -> None:
    assert chosen_slots(EngineConfig(), manifest, DeviceKind.CPU, threads=1, free_bytes=0) == 1


def test_what_is_configured_holds(manifest: Manifest) -> None:
    assert chosen_slots(EngineConfig(slots=3), manifest, DeviceKind.CPU, threads=1, free_bytes=0) == 3


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1000000\n")
    assert free_memory(limit) == 1_000_000
    limit.write_text("max\n")
    assert free_memory(limit) == pytest.approx(free_memory(tmp_path / "absent"), rel=0.2)


def test_the_engine_says_how_many_it_took(scripted_artifacts: Path) -> None:
    with AsrEngine.load(scripted_artifacts, replace(CONFIG, slots=0)) as engine:  # one thread
        assert engine.config.slots == FEWEST
