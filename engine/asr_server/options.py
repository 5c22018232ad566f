"""Options of the launcher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODEL_NAME = "qwen3_asr"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where the model is, where to listen, and how long to wait. Port 0 stands for any free port."""

    repository: Path  # the directory that holds qwen3_asr/
    grpc_port: int = 0
    http_port: int = 0
    metrics_port: int = 0
    host: str = "127.0.0.1"
    log_dir: Path | None = None  # of tritonserver.log; None: a temporary directory, removed at the end
    start_timeout_s: float = 300.0  # a large model loads and warms up in minutes
    grace_s: float = 30.0  # for requests in flight when stopping
    stall_s: float = 20.0  # an engine loop that has not turned for this long hangs
    max_restarts: int = 5  # in a row, without a stable minute in between

    def __post_init__(self) -> None:
        taken: dict[int, str] = {}
        for name in ("grpc_port", "http_port", "metrics_port"):
            port = getattr(self, name)
            if not 0 <= port <= 65535:
                raise ValueError(f"{name} is {port}; allowed: 0 to 65535")
            if port and port in taken:
                raise ValueError(f"{name} is {port}, and so is {taken[port]}; allowed: three different ports")
            taken[port] = name
        for name in ("start_timeout_s", "grace_s", "stall_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: 0 or more")
