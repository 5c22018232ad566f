"""Ports of a server: a given port is checked, for 0 a free one is picked."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

from asr_server.errors import PortInUse
from asr_server.options import ServerOptions


@dataclass(frozen=True, slots=True)
class Ports:
    """The three ports of one server."""

    grpc: int
    http: int
    metrics: int


def reserve(options: ServerOptions) -> Ports:
    """Decide on all three ports; raises PortInUse naming the one that is taken.

    A picked port may be taken before the server listens on it. That is unlikely, because the kernel does not
    soon hand out the same port again.
    """
    wanted = {"grpc": options.grpc_port, "http": options.http_port, "metrics": options.metrics_port}
    with contextlib.ExitStack() as held:
        return Ports(**{name: _bind(held, options.host, port, name) for name, port in wanted.items()})


def _bind(held: contextlib.ExitStack, host: str, port: int, name: str) -> int:
    """Bind without listening. `held` keeps the socket until all three ports are known, so they differ."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        raise PortInUse(
            f"the {name} port {port} on {host} cannot be used: {error.strerror}; "
            f"choose another with --{name}-port"
        ) from error
    return int(probe.getsockname()[1])
