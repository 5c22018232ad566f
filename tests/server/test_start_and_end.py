"""Starting, refusing to start, and leaving nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from asr_server.errors import GaveUp, NoRepository, PortInUse, StartupFailed
from asr_server.ports import Ports
from asr_server.process import ServerProcess
from asr_server.server import ServerOptions, TritonServer
from asr_server.stale_resources import new_prefix, remove_stale_resources
from asr_server.supervisor import Supervisor
from tests.server.altering import Alter
from tests.server.triton_calls import Caller, wait_for
from tests.server.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LEAVINGS = (Path("/dev/shm"), Path(tempfile.gettempdir()))


class Launcher:
    """`asr serve` as a user runs it."""

    def __init__(self, repository: Path, output: Path, *options: str) -> None:
        self._output = output
        serve = [sys.executable, "-m", "asr_cli", "serve", "--repository", str(repository)]
        ports = ["--grpc-port=0", "--http-port=0", "--metrics-port=0"]
        command = [*serve, *ports, *options]
        with output.open("w") as stream:
            self.process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, cwd=ROOT)

    def said(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self) -> str:
        """The gRPC address."""
        wait_until(lambda: "Ctrl-C ends it" in self.said() or self.process.poll() is not None, 60)
        found = re.search(r"gRPC (\S+)", self.said())
        assert found, self.said()
        return found.group(1)

    def family(self) -> list[psutil.Process]:
        """tritonserver and its Python processes."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def launcher(demo_repository: Path, tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(
        demo_repository, tmp_path / "output", "--grace=60"
    )  # a busy machine takes its time for forty calls
    yield launcher
    launcher.process.kill()
    launcher.process.wait()


def leavings_of(pid: int) -> list[Path]:
    return [path for place in LEAVINGS for path in place.glob(f"asr-triton-*-{pid}-*")]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != "zombie"]


def refusal(repository: Path) -> str:
    with pytest.raises(StartupFailed) as caught, TritonServer(ServerOptions(repository=repository)):
        pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "\\n" not in sentence
    return sentence


def test_server_starts_again_on_the_ports_it_had(demo_repository: Path, speech: NDArray[np.int16]) -> None:
    with TritonServer(ServerOptions(repository=demo_repository)) as first:
        ports = [
            int(at.rpartition(":")[2])
            for at in (first.grpc_address, first.http_address, first.metrics_address)
        ]
        address = first.grpc_address
    with TritonServer(
        ServerOptions(demo_repository, grpc_port=ports[0], http_port=ports[1], metrics_port=ports[2])
    ) as second:
        assert second.grpc_address == address
        caller = Caller(address)
        assert caller.ask("again", speech[:16000]).status == "OK"
        caller.close()


def test_occupied_port_is_named(demo_repository: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ServerOptions(repository=demo_repository, http_port=port)
        with pytest.raises(PortInUse, match=f"http port {port} on 127.0.0.1 .*--http-port"):
            TritonServer(options).start()


def test_missing_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRepository, match=f"{tmp_path}.*asr export"):
        TritonServer(ServerOptions(repository=tmp_path)).start()


@pytest.mark.parametrize("name", ["engine.json", "1/model.py", "1/artifacts/manifest.json"])
def test_incomplete_repository_is_named(altered: Alter, name: str) -> None:
    repository = altered()
    (repository / "qwen3_asr" / name).unlink()
    with pytest.raises(NoRepository, match=f"{name} does not exist"):
        TritonServer(ServerOptions(repository=repository)).start()


def test_bad_engine_json_is_named(altered: Alter) -> None:
    assert "engine.json: unknown key 'slotz'; allowed:" in refusal(altered(slotz=3))


def test_changed_artifact_is_named(altered: Alter) -> None:
    repository = altered()
    encoder = repository / "qwen3_asr" / "1" / "artifacts" / "encoder.onnx"
    encoder.write_bytes(encoder.read_bytes()[:-1] + b"?")
    assert "encoder.onnx: content differs from the manifest's sha256" in refusal(repository)


def test_bad_config_is_named(altered: Alter) -> None:
    sentence = refusal(altered(config={"max_batch_size:": "max_bitch_size:"}))
    assert sentence.startswith("config.pbtxt:")
    assert 'no field named "max_bitch_size"' in sentence


def test_model_that_is_not_ready_in_time_is_ended(demo_repository: Path) -> None:
    server = TritonServer(ServerOptions(repository=demo_repository, start_timeout_s=0.1))
    with pytest.raises(StartupFailed, match=r"not ready within 0\.1 s"):
        server.start()
    assert list(Path("/dev/shm").glob(f"{server.prefix}*")) == []


def test_command_ends_cleanly_when_told_to(launcher: Launcher) -> None:
    launcher.wait_until_ready()
    family = launcher.family()
    assert len(family) == 2
    assert leavings_of(launcher.process.pid)
    launcher.process.send_signal(signal.SIGTERM)
    assert launcher.process.wait(20) == 0
    assert alive(family) == []
    assert leavings_of(launcher.process.pid) == []


def test_interrupt_while_it_loads_leaves_nothing(launcher: Launcher) -> None:
    wait_until(lambda: len(launcher.family()) > 0, 60)
    family = launcher.family()
    assert leavings_of(launcher.process.pid)
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.process.wait(20) == 0
    assert launcher.said() == ""
    assert alive(family) == []
    assert leavings_of(launcher.process.pid) == []


def test_log_that_cannot_be_written_is_named(demo_repository: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = ServerOptions(repository=demo_repository, log_dir=tmp_path / "file" / "logs")
    with pytest.raises(StartupFailed, match=r"tritonserver\.log cannot be written"):
        TritonServer(options).start()


def test_supervisor_that_breaks_is_no_clean_end() -> None:
    def spawn() -> ServerProcess:
        raise OSError("no more processes")

    supervisor = Supervisor(spawn, Ports(1, 2, 3), ServerOptions(repository=Path()))
    with pytest.raises(GaveUp, match="no more processes"):
        supervisor.start()


def test_leftover_of_another_user_keeps_nobody_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    own = new_prefix().replace(f"-{os.getpid()}-", f"-{finished.pid}-")
    (tmp_path / own).touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refuse)
    remove_stale_resources(tmp_path)
    assert (tmp_path / own).exists()
    monkeypatch.undo()
    remove_stale_resources(tmp_path)
    assert not (tmp_path / own).exists()


def test_requests_in_flight_finish_before_the_end(launcher: Launcher, speech: NDArray[np.int16]) -> None:
    caller = Caller(launcher.wait_until_ready())
    calls = [caller.send(f"r{number}", speech[:160000]) for number in range(40)]
    wait_until(lambda: any(call.ended.is_set() for call in calls))
    launcher.process.send_signal(signal.SIGINT)
    wait_for(calls)
    assert {call.status for call in calls} == {"OK"}
    assert launcher.process.wait(20) == 0
    caller.close()


def test_nothing_outlives_a_launcher_that_was_killed(launcher: Launcher, demo_repository: Path) -> None:
    launcher.wait_until_ready()
    family = launcher.family()
    launcher.process.kill()
    launcher.process.wait()
    wait_until(lambda: alive(family) == [], 20)
    with TritonServer(ServerOptions(repository=demo_repository)):
        assert leavings_of(launcher.process.pid) == []


def test_command_says_why_it_cannot_start(altered: Alter, tmp_path: Path) -> None:
    launcher = Launcher(altered(slots=-1), tmp_path / "output")
    assert launcher.process.wait(60) == 1
    assert launcher.said().startswith("asr serve: qwen3_asr cannot load: ")
    assert "slots is -1; allowed: 0 to 1024" in launcher.said()
    assert launcher.said().count("\n") == 1
