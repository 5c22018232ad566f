"""The command line of tritonserver."""

from __future__ import annotations

import secrets
from pathlib import Path

from asr_server.options import ServerOptions
from asr_server.ports import Ports

# Nobody may load or unload models, map shared memory, or redirect traces and logs to files. The key is random
# and never used. It can be read from the process list, hence model control is off altogether as well.
CLOSED_APIS = "model-repository,shared-memory,trace,logging"


def server_command(
    binary: Path, backends: Path, options: ServerOptions, ports: Ports, shm_prefix: str
) -> list[str]:
    """All arguments for one server process."""
    key = f"{CLOSED_APIS}:asr-control={secrets.token_urlsafe(24)}"
    return [
        str(binary),
        f"--model-repository={options.repository}",
        f"--backend-directory={backends}",
        f"--backend-config=python,shm-region-prefix-name={shm_prefix}",
        "--model-control-mode=none",
        "--disable-auto-complete-config",
        f"--grpc-restricted-protocol={key}",
        f"--http-restricted-api={key}",
        f"--grpc-address={options.host}",
        f"--http-address={options.host}",
        f"--metrics-address={options.host}",
        f"--grpc-port={ports.grpc}",
        f"--http-port={ports.http}",
        f"--metrics-port={ports.metrics}",
        # Clients keep idle connections open with pings; gRPC's default hangs up on more than one in 5 min.
        "--grpc-http2-min-recv-ping-interval-without-data=5000",
        "--grpc-keepalive-permit-without-calls=1",
        f"--exit-timeout-secs={max(1, round(options.grace_s))}",
        "--pinned-memory-pool-byte-size=0",
        "--log-format=ISO8601",
    ]
