"""TritonServer: a supervised Triton with the model, as a context manager."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from asr_server.command import server_command
from asr_server.errors import NoRepository, ServerError, StartupFailed
from asr_server.installation import find_installation, link_backend, server_environment
from asr_server.options import MODEL_NAME, ServerOptions
from asr_server.ports import Ports, reserve
from asr_server.process import ServerProcess
from asr_server.stale_resources import make_runtime_dir, new_prefix, remove_stale_resources
from asr_server.supervisor import Supervisor, reachable

__all__ = ["ServerError", "ServerOptions", "TritonServer"]

LOG_NAME = "tritonserver.log"
NEEDED = ("config.pbtxt", "engine.json", "1/model.py", "1/artifacts/manifest.json")
PORT_ATTEMPTS = 3  # another process may take a port between its choice and its use


class TritonServer:
    """Runs from `start` to `stop`; a server that breaks is replaced on the same ports."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.prefix = new_prefix()  # of every file this server has outside its log directory
        self._runtime_dir: Path | None = None
        self._ports: Ports | None = None
        self._supervisor: Supervisor | None = None

    def start(self) -> TritonServer:
        """Return once a real inference was answered.

        Raises the ServerError that fits: nothing installed, no model, port taken, model refused.
        """
        for name in NEEDED:
            if not (self.options.repository / MODEL_NAME / name).is_file():
                missing = self.options.repository / MODEL_NAME / name
                raise NoRepository(f"{missing} does not exist; export a model with 'asr export' first")
        remove_stale_resources()
        for attempt in range(1, PORT_ATTEMPTS + 1):
            try:
                self._start_on(reserve(self.options))
                return self
            except StartupFailed as error:
                self.stop()
                if "already in use" not in str(error) or attempt == PORT_ATTEMPTS:
                    raise
            except BaseException:  # Ctrl-C while it loads: the caller has no server to stop yet
                self.stop(0.0)
                raise
        raise AssertionError("unreachable")

    def stop(self, grace_s: float | None = None) -> None:
        """End everything; requests in flight get `grace_s` (default: the option) to finish."""
        if self._supervisor is not None:
            self._supervisor.stop(self.options.grace_s if grace_s is None else grace_s)
            self._supervisor = None
        if self._runtime_dir is not None:
            shutil.rmtree(self._runtime_dir, ignore_errors=True)
            self._runtime_dir = None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the server to end; False on time-out. Raises GaveUp when restarts did not help."""
        return self._running.wait(timeout_s)

    @property
    def grpc_address(self) -> str:
        return self._address(self._listening.grpc)

    @property
    def http_address(self) -> str:
        return self._address(self._listening.http)

    @property
    def metrics_address(self) -> str:
        return self._address(self._listening.metrics)

    @property
    def pid(self) -> int:
        """Process id of tritonserver itself; another one after a restart."""
        return self._process.pid

    @property
    def stub_pids(self) -> tuple[int, ...]:
        """Process ids of the Python processes that run the model."""
        return self._process.stub_pids()

    @property
    def restarts(self) -> int:
        """How often the server has been replaced."""
        return self._running.restarts

    @property
    def log_path(self) -> Path:
        """The log of Triton and the engine."""
        assert self._runtime_dir is not None, "the server is not started"
        return (self.options.log_dir or self._runtime_dir) / LOG_NAME

    def __enter__(self) -> TritonServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_on(self, ports: Ports) -> None:
        installation = find_installation()
        self._ports = ports
        self._runtime_dir = make_runtime_dir(self.prefix)
        backends = link_backend(installation, self._runtime_dir)
        _check_writable(self.log_path)
        command = server_command(installation.binary, backends, self.options, ports, self.prefix)
        environment, log_path = server_environment(self.http_address), self.log_path

        def spawn() -> ServerProcess:
            return ServerProcess(command, environment, log_path, self.prefix)

        self._supervisor = Supervisor(spawn, ports, self.options)
        self._supervisor.start()

    def _address(self, port: int) -> str:
        return f"{reachable(self.options.host)}:{port}"

    @property
    def _listening(self) -> Ports:
        assert self._ports is not None, "the server is not started"
        return self._ports

    @property
    def _running(self) -> Supervisor:
        assert self._supervisor is not None, "the server is not started"
        return self._supervisor

    @property
    def _process(self) -> ServerProcess:
        assert self._running.process is not None
        return self._running.process


def _check_writable(log_path: Path) -> None:
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        log_path.open("ab").close()
    except OSError as error:
        raise StartupFailed(f"the log {log_path} cannot be written: {error.strerror}") from error
