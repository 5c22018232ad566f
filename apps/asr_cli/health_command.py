"""Ask a running server whether it is alive or ready; made for probes.

--live    the engine's loop turned a moment ago, says the metrics page. Restart the server when this fails.
--ready   a tiny inference at top priority came back. Send traffic elsewhere when this fails. A server whose
          queue is full is busy, not sick: that counts as good.

Prints one line of JSON. Exit status: 0 good, 1 not good, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import math
import sys

from asr_server.health import Health, probe_live, probe_ready


def add_arguments(parser: argparse.ArgumentParser) -> None:
    question = parser.add_mutually_exclusive_group(required=True)
    question.add_argument("--live", action="store_true", help="does the engine's loop turn?")
    question.add_argument("--ready", action="store_true", help="does a test inference come back?")
    parser.add_argument(
        "--address",
        type=_address,
        help="HOST:PORT; of the metrics page for --live (default 127.0.0.1:8002), "
        "of gRPC for --ready (default 127.0.0.1:8001)",
    )
    parser.add_argument("--timeout", type=_seconds, default=5.0, metavar="S", help="default %(default)g")
    parser.add_argument(
        "--max-age",
        type=_seconds,
        default=20.0,
        metavar="S",
        help="--live: how long the loop may stand still (default %(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    try:
        health = _probe(args)
    except ModuleNotFoundError as error:  # of --live alone: --ready needs no more than the extra `client`
        print(
            f"asr health: the package {error.name!r} is not installed; see 'Extras' in the README",
            file=sys.stderr,
        )
        return 2
    print(json.dumps({"status": health.state.value, "detail": health.detail, "took_s": health.took_s}))
    return 0 if health.is_good else 1


def _probe(args: argparse.Namespace) -> Health:
    if args.live:
        return probe_live(args.address or "127.0.0.1:8002", args.max_age, args.timeout)
    return probe_ready(args.address or "127.0.0.1:8001", args.timeout)


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or "/" in host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
