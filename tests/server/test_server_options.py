"""What the launcher refuses to be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_server.command import POOL_BYTES, POOL_STEP, pool_bytes
from asr_server.options import ServerOptions


def test_one_port_cannot_serve_two_purposes() -> None:
    with pytest.raises(
        ValueError, match="metrics_port is 5000, and so is grpc_port; allowed: three different"
    ):
        ServerOptions(Path("models"), grpc_port=5000, http_port=5001, metrics_port=5000)


def test_any_number_of_ports_may_be_picked_by_the_system() -> None:
    ServerOptions(Path("models"), grpc_port=0, http_port=0, metrics_port=0)


def test_shared_memory_is_taken_at_once_as_far_as_there_is_room() -> None:
    assert pool_bytes(24 << 30) == POOL_BYTES
    assert pool_bytes(64 << 20) == 32 << 20
    assert pool_bytes(0) == POOL_STEP
