"""A real Triton with the demo model, and a way to start altered ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr_server.server import ServerOptions, TritonServer
from tests.server.altering import Alter
from tests.server.metrics import read_metrics
from tests.server.triton_calls import Caller

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "demo" / "calls"


@pytest.fixture(scope="session")
def triton(demo_repository: Path) -> Iterator[TritonServer]:
    """One server on the demo model as exported, for all tests that leave it as it was."""
    with TritonServer(ServerOptions(repository=demo_repository, grace_s=5)) as server:
        yield server


@pytest.fixture
def caller(triton: TritonServer) -> Iterator[Caller]:
    caller = Caller(triton.grpc_address)
    yield caller
    caller.close()


@pytest.fixture
def altered(demo_repository: Path, tmp_path: Path) -> Alter:
    def alter(config: dict[str, str] | None = None, **knobs: object) -> Path:
        model = tmp_path / "repository" / "qwen3_asr"
        shutil.copytree(demo_repository / "qwen3_asr", model)
        settings = model / "engine.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), **knobs}))
        text = (model / "config.pbtxt").read_text()
        for old, new in (config or {}).items():
            assert old in text
            text = text.replace(old, new)
        (model / "config.pbtxt").write_text(text)
        return model.parent

    return alter


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
