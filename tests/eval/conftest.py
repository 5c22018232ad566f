"""Test sets of real speech, and scripted servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.scripted_server import ScriptedServer, starter
from tests.eval.small_test_set import Samples, read_speech, write_test_set


@pytest.fixture(scope="session")
def speech() -> Samples:
    return read_speech()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    yield from starter()


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write_test_set(tmp_path)
