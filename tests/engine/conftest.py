from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_engine.engine import AsrEngine
from asr_engine.model import Model, load_model
from tests.engine.loop_bench import Bench
from tests.engine.scripted_model import CONFIG, write_scripted_model


@pytest.fixture(scope="session")
def scripted_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("scripted")
    write_scripted_model(directory)
    return directory


@pytest.fixture
def scripted_model(scripted_artifacts: Path) -> Model:
    """Fresh for each test: the KV cache keeps what was written."""
    return load_model(scripted_artifacts, CONFIG, device_id=0)


@pytest.fixture
def bench(scripted_model: Model) -> Bench:
    return Bench(scripted_model, CONFIG)


@pytest.fixture
def alone(scripted_artifacts: Path) -> Callable[..., str]:
    """The text of a request that never had a neighbour."""

    def text(pcm: NDArray[np.float32], **options: Any) -> str:
        bench = Bench(load_model(scripted_artifacts, CONFIG, device_id=0), CONFIG)
        return bench.finish(bench.submit(pcm, **options))[0].text

    return text


@pytest.fixture
def engine(scripted_model: Model) -> Iterator[AsrEngine]:
    with AsrEngine(scripted_model, CONFIG) as engine:
        yield engine
