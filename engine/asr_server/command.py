"""Command line of tritonserver."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from asr_server.options import ServerOptions
from asr_server.ports import Ports
from asr_server.stale_resources import SHARED_MEMORY

# These APIs load and unload models, map shared memory, and redirect traces and logs to files. Nobody may use
# them, but Triton can only restrict them by a key. That key is random and never used. As the process list
# shows it, model control is switched off as well.
CLOSED_APIS = "model-repository,shared-memory,trace,logging"

# Size of the shared memory through which Triton and its Python process exchange data. The default is 1 MB,
# which grows; both sides then map it anew, and its allocator has been seen to crash. This size never has to
# grow, because a clip lies there only until `execute` has read it.
POOL_BYTES = 64 << 20
POOL_STEP = 1 << 20


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
        f"--backend-config=python,shm-default-byte-size={pool_bytes(shutil.disk_usage(SHARED_MEMORY).free)}",
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


def pool_bytes(free_bytes: int) -> int:
    """The shared memory of one model instance: `POOL_BYTES`, or half of what is free in a small /dev/shm.

    A container's /dev/shm has 64 MB by default.
    """
    return max(POOL_STEP, min(POOL_BYTES, free_bytes // 2 // POOL_STEP * POOL_STEP))
