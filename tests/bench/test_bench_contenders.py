"""Contenders on the demo model: each in its own process, each doing the forced amount of work."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bare_engine import BareEngine
from bench.contenders import ContenderFailed, Kind, Name, Start, running
from bench.load import Load
from bench.pytorch_reference import PytorchReference
from bench.random_model import RandomModel

DEMO_CHECKPOINT = Path(__file__).resolve().parents[2] / "demo" / "checkpoint"
TARGET = "cpu-fp32"
LOAD = Load(clip_s=3.0, callers=2, requests=3)


@pytest.fixture(scope="module")
def model(demo_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> RandomModel:
    """The demo model in the place of a random one."""
    made = RandomModel(tmp_path_factory.mktemp("bench"), "tiny")
    made.checkpoint.symlink_to(DEMO_CHECKPOINT)
    made.exported(TARGET).symlink_to(demo_repository)
    return made


@pytest.fixture
def repository(model: RandomModel) -> Path:
    return model.serve_from(TARGET, model.work / "served", {"intra_op_threads": 1})


def test_the_engine_is_measured_without_a_server(repository: Path) -> None:
    engine = BareEngine(repository)
    try:
        sample = engine.run(LOAD)
    finally:
        engine.close()
    assert len(sample.answers) == LOAD.requests
    assert all(0 < answer.first_token_s < answer.latency_s <= sample.wall_s for answer in sample.answers)
    assert sample.stages is not None
    assert sample.stages.decode_rows == LOAD.requests * (LOAD.num_tokens - 1)
    assert 0 < sample.stages.busy_s <= sample.wall_s + 0.1
    assert sample.stages.host_s > 0


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_pytorch_does_the_same_work(precision: str) -> None:
    sample = PytorchReference(DEMO_CHECKPOINT, precision, threads=1).run(LOAD)
    assert len(sample.answers) == LOAD.requests
    assert all(0 < answer.first_token_s < answer.latency_s for answer in sample.answers)


def test_a_contender_is_watched_from_outside(repository: Path) -> None:
    with running(Start(Name(Kind.ENGINE, TARGET), repository, 1)) as contender:
        usage = contender.run(LOAD).usage
    assert usage is not None
    assert usage.peak_bytes > 50_000_000
    assert 0 < usage.cpu_share <= 1.1


def test_what_a_contender_raises_comes_back(repository: Path) -> None:
    too_long = Load(clip_s=60.0, callers=1, requests=1)
    with (
        running(Start(Name(Kind.ENGINE, TARGET), repository, 1)) as contender,
        pytest.raises(ContenderFailed, match=r"audio is 60\.00 s; the limit is"),
    ):
        contender.run(too_long)


def test_the_whole_stack_forces_the_same_number_of_tokens(repository: Path) -> None:
    with running(Start(Name(Kind.STACK, TARGET), repository, 1)) as contender:
        sample = contender.run(LOAD)
    assert len(sample.answers) == LOAD.requests
    assert sample.stages is None
