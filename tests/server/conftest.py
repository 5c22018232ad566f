"""Calls to the shared Triton, and a way to start altered ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr_server.server import TritonServer
from tests.server.altering import Alter, alter
from tests.server.metrics import read_metrics
from tests.server.triton_calls import Caller

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"


@pytest.fixture
def caller(triton: TritonServer) -> Iterator[Caller]:
    caller = Caller(triton.grpc_address)
    yield caller
    caller.close()


@pytest.fixture
def altered(demo_repository: Path, tmp_path: Path) -> Alter:
    def altered(config: dict[str, str] | None = None, **knobs: object) -> Path:
        return alter(demo_repository, tmp_path / "repository", config, **knobs)

    return altered


@pytest.fixture(scope="session")
def speech() -> NDArray[np.int16]:
    """22 s of clean Chinese speech, 16 kHz, [samples]."""
    samples, rate = soundfile.read(CALLS / "zh_price.flac", dtype="int16")
    assert rate == 16000
    return samples


@pytest.fixture(scope="session")
def clips(speech: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """Twelve pieces of different lengths, 0.4 to 20 s."""
    lengths_s = (0.4, 1.0, 1.7, 3.0, 4.2, 5.0, 7.37, 8.0, 8.01, 12.3, 16.0, 20.0)
    return [speech[: int(length * 16000)] for length in lengths_s]


@pytest.fixture
def metrics(triton: TritonServer) -> Callable[[], dict[str, float]]:
    """Reads the metrics page of the shared server."""
    return lambda: read_metrics(triton.metrics_address, timeout_s=5)
