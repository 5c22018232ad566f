"""Scripted servers, clients with short pauses, and a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from asr_client import AsrClient, ClientSettings
from tests.client.client_audio import RATE, utterances
from tests.client.scripted_server import ScriptedServer, starter


@pytest.fixture
def call_file(tmp_path: Path) -> Path:
    """Ten utterances in one channel."""
    path = tmp_path / "call.wav"
    soundfile.write(path, utterances(10), RATE)
    return path


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    yield from starter()


@pytest.fixture
def connect() -> Iterator[Callable[..., AsrClient]]:
    """Clients with short pauses between attempts, closed with the test."""
    clients: list[AsrClient] = []

    def make(address: str, **changes: object) -> AsrClient:
        settings = {"deadline_s": 20.0, "backoff_s": 0.01, "max_backoff_s": 0.05, **changes}
        clients.append(AsrClient(ClientSettings(address=address, **settings)))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        client.close()
