"""The demo: export the checkpoint, serve it, transcribe and analyse the sample calls, print what came out.

Ends with status 1 when a call fails, a language is wrong, silence has text, the analysis misses what was
planted for it, or an error rate is above its bound. Full transcripts and reports are written to
build/demo-output.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from asr_client import AsrClient, ClientError, ClientSettings
from asr_server.errors import ServerError
from asr_server.options import ServerOptions
from asr_server.server import TritonServer
from call_analysis import analyze
from call_outcome import Failed, Outcome, Transcribed, find_problems
from report_page import error_table, events_line, results_table, speed_line, write_files
from sample_calls import SampleCall, load_calls

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINT = ROOT / "demo" / "checkpoint"
CALLS_AT_ONCE = 4
LEAST_WIDTH = 100  # columns
USUAL_WIDTH = 140  # when the output is not a terminal


class ExportFailed(Exception):
    """The export failed; it has printed its error."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo. After Ctrl-C the server is stopped and the exit status is 130."""
    args = _arguments(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _demo(args)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (ServerError, ExportFailed) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", default="cpu-fp32", help="what to export for (default: %(default)s)")
    parser.add_argument("--repository", type=Path, default=ROOT / "build" / "demo", help="exported model")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "demo-output", help="folder for the JSON files"
    )
    return parser.parse_args(argv)


def _demo(args: argparse.Namespace) -> int:
    _export(args.target, args.repository)
    started = time.monotonic()
    print("starting Triton …", flush=True)
    with ExitStack() as stack:
        server = TritonServer(ServerOptions(repository=args.repository))
        stack.callback(server.stop)  # registered before the start, which may be interrupted too
        server.start()
        client = AsrClient(ClientSettings(address=server.grpc_address))
        print(f"Triton answers at {server.grpc_address} after {time.monotonic() - started:.1f} s", flush=True)
        began = time.monotonic()
        outcomes = _transcribe_all(client, load_calls())
        wall_s = time.monotonic() - began
    problems = find_problems(outcomes)
    write_files(outcomes, wall_s, problems, args.out)
    _print_results(outcomes, wall_s, problems)
    print(f"\nfull transcripts and reports: {args.out}")
    return 1 if problems else 0


def _export(target: str, repository: Path) -> None:
    # A separate process, so that PyTorch's memory is released before the server starts. A separate process
    # group, so that Ctrl-C reaches it only through this process, which then waits until it has cleaned up.
    command = [sys.executable, "-m", "asr_cli", "export", "--checkpoint", str(CHECKPOINT)]
    command += ["--target", target, "--out", str(repository), "--if-stale"]
    export = subprocess.Popen(command, process_group=0)
    try:
        status = export.wait()
    except KeyboardInterrupt:
        export.send_signal(signal.SIGINT)
        export.wait()
        raise
    if status != 0:
        raise ExportFailed(f"the export of {CHECKPOINT} ended with status {status}")


def _transcribe_all(client: AsrClient, calls: Sequence[SampleCall]) -> list[Outcome]:
    # On an interruption the client closes before the pool, which ends the calls in flight at once.
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool, client:
        return list(pool.map(lambda call: _transcribe(client, call), calls))


def _transcribe(client: AsrClient, call: SampleCall) -> Outcome:
    began = time.monotonic()
    try:
        transcript = client.transcribe(call.path, roles=call.roles)
    except ClientError as error:
        return Failed(call, str(error))
    latency_s = time.monotonic() - began
    return Transcribed(call, transcript, analyze(transcript), latency_s)


def _print_results(outcomes: Sequence[Outcome], wall_s: float, problems: Sequence[str]) -> None:
    width = max(LEAST_WIDTH, shutil.get_terminal_size((USUAL_WIDTH, 24)).columns)
    print(f"\n{results_table(outcomes, width)}\n\n{error_table(outcomes, width)}\n")
    print(events_line(outcomes))
    print(f"{speed_line(outcomes, wall_s)} ({CALLS_AT_ONCE} calls at once)")
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
