"""Put the load of one scenario on a server of its own: start, load, stop.

python loadtest/load_run.py [--repository build/demo] [--users 64] [--seconds 60] [more options for locust]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from asr_server.server import ServerOptions, TritonServer

LOCUSTFILE = Path(__file__).with_name("locustfile.py")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status of locust: 0 only when no request failed and every text was the expected one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--repository", type=Path, default=Path("build/demo"), help="exported model repository"
    )
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=60)
    args, for_locust = parser.parse_known_args(argv)
    with TritonServer(ServerOptions(repository=args.repository)) as server:
        load = ["-u", str(args.users), "-r", str(args.users), "-t", f"{args.seconds}s"]
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        return subprocess.call([*command, *load, "--address", server.grpc_address, *for_locust])


if __name__ == "__main__":
    sys.exit(main())
