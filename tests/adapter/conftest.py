"""The adapter between a fake Triton and a scripted engine."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from asr_engine.triton.model import AsrModel
from tests.adapter.fake_triton import PbUtils
from tests.adapter.scripted_engine import ScriptedEngine


@pytest.fixture(autouse=True)
def _outlive_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test run is no server's child: it must not end with the shell that started it."""
    monkeypatch.setattr("asr_engine.triton.model.ParentWatchdog", SimpleNamespace)


@pytest.fixture
def pb_utils() -> PbUtils:
    return PbUtils()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def model(engine: ScriptedEngine, pb_utils: PbUtils) -> Iterator[AsrModel]:
    model = AsrModel(engine, pb_utils)
    yield model
    model.close()
