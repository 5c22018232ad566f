"""The server image's own command line, run against the embedded Triton: a container without Docker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from asr_server.health import State, probe_ready
from asr_server.installation import STUB
from tests.docker.dockerfile import Instruction, read_dockerfile

START_S = 60


class Container:
    """The command of server.Dockerfile with this machine's paths, free ports and loopback."""

    def __init__(self, root: Path, repository: Path, directory: Path) -> None:
        words = {instruction.name: instruction.words for instruction in _instructions(root)}
        here = {"--repository": repository, "--host": "127.0.0.1", "--log-dir": directory / "log"}
        options = [option.partition("=") for option in words["CMD"]]
        command = [
            f"{name}={here[name]}" if name in here else name + sign + value for name, sign, value in options
        ]
        ports = ["--grpc-port=0", "--http-port=0", "--metrics-port=0"]
        self.output = directory / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *words["ENTRYPOINT"][1:], *command, *ports],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_for_address(self) -> str:
        """The gRPC address, once the server says that it is ready."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in self.output.read_text().splitlines():
                if line.startswith("ready"):
                    return line.split()[2]
            time.sleep(0.1)
        raise AssertionError(f"no server:\n{self.output.read_text()}")

    def stubs(self) -> list[psutil.Process]:
        """Triton's Python processes."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [process for process in below if process.name().startswith(STUB[:15])]


def _instructions(root: Path) -> list[Instruction]:
    instructions = read_dockerfile(root / "docker" / "server.Dockerfile")
    return [entry for entry in instructions if entry.name in ("ENTRYPOINT", "CMD")]


@pytest.fixture
def container(root: Path, demo_repository: Path, tmp_path: Path) -> Iterator[Container]:
    running = Container(root, demo_repository, tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def test_the_container_ends_with_an_error_when_the_engine_dies(container: Container) -> None:
    address = container.wait_for_address()
    assert probe_ready(address, timeout_s=10).state is State.READY
    os.kill(container.stubs()[0].pid, signal.SIGKILL)
    assert container.process.wait(timeout=15) == 1
    assert "Python process" in container.output.read_text()


def test_the_container_ends_cleanly_when_it_is_stopped_and_shows_tritons_log(container: Container) -> None:
    container.wait_for_address()
    started = psutil.Process(container.process.pid).children(recursive=True)
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(timeout=45) == 0
    assert "Started GRPCInferenceService" in container.output.read_text()
    assert not [process for process in started if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """An orphan that ended may wait for init to collect it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
