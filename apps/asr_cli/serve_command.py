"""Run and supervise a Triton server on an exported model repository.

Returns when it is told to end (Ctrl-C or SIGTERM): requests in flight may finish within the grace period; a
second signal ends everything at once. A server that breaks is replaced on the same ports. Exit status: 0
after a clean end, 1 when the server cannot be started or kept running.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
from pathlib import Path

from asr_cli.standard_error import print_verbatim
from asr_server.log_echo import LogEcho
from asr_server.server import LOG_NAME, ServerError, ServerOptions, TritonServer

DEFAULTS = ServerOptions(repository=Path())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repository", type=Path, required=True, help="directory that holds qwen3_asr/")
    parser.add_argument("--grpc-port", type=int, default=8001, help="0 picks a free one (default 8001)")
    parser.add_argument("--http-port", type=int, default=8000, help="0 picks a free one (default 8000)")
    parser.add_argument("--metrics-port", type=int, default=8002, help="0 picks a free one (default 8002)")
    parser.add_argument("--host", default=DEFAULTS.host, help="address to listen on (default %(default)s)")
    _add_log_arguments(parser)
    _add_supervision_arguments(parser)


def run(args: argparse.Namespace) -> int:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server = TritonServer(_options(args))
        echo = _echo(args)
    except ValueError as error:
        print_verbatim("serve", error)
        return 2
    try:
        with echo, server:
            print(_how_to_call(server), flush=True)
            server.wait()
    except ServerError as error:
        print_verbatim("serve", error)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _add_log_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-dir", type=Path, metavar="DIR", help="keep tritonserver.log here")
    parser.add_argument(
        "--echo-log", action="store_true", help="copy the log to standard output too; needs --log-dir"
    )


def _add_supervision_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-restarts",
        type=int,
        default=DEFAULTS.max_restarts,
        metavar="N",
        help="replace a broken server N times in a row, then give up (default %(default)d); "
        "0 where something outside starts a new container",
    )
    parser.add_argument(
        "--start-timeout",
        type=float,
        default=DEFAULTS.start_timeout_s,
        metavar="S",
        help="seconds until the model must answer (default %(default)g)",
    )
    parser.add_argument(
        "--stall",
        type=float,
        default=DEFAULTS.stall_s,
        metavar="S",
        help="seconds one step of the model may take before it counts as hanging (default %(default)g)",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=DEFAULTS.grace_s,
        metavar="S",
        help="seconds that requests in flight get when stopping (default %(default)g)",
    )


def _options(args: argparse.Namespace) -> ServerOptions:
    return ServerOptions(
        repository=args.repository.resolve(),
        grpc_port=args.grpc_port,
        http_port=args.http_port,
        metrics_port=args.metrics_port,
        host=args.host,
        log_dir=args.log_dir,
        start_timeout_s=args.start_timeout,
        stall_s=args.stall,
        grace_s=args.grace,
        max_restarts=args.max_restarts,
    )


def _echo(args: argparse.Namespace) -> contextlib.AbstractContextManager[object]:
    if not args.echo_log:
        return contextlib.nullcontext()
    if args.log_dir is None:
        raise ValueError("--echo-log needs --log-dir")
    return LogEcho(args.log_dir / LOG_NAME, sys.stdout.buffer)


def _how_to_call(server: TritonServer) -> str:
    return "\n".join(
        [
            f"ready   gRPC {server.grpc_address}   HTTP {server.http_address}   "
            f"metrics http://{server.metrics_address}/metrics",
            f"try     asr transcribe --address {server.grpc_address} FILE",
            f"probe   asr health --ready --address {server.grpc_address}",
            f"log     {server.log_path}",
            "Ctrl-C ends it.",
        ]
    )
