"""Entry point of the `asr` command, which runs one of its subcommands.

Each subcommand is a module with `add_arguments(parser)` and `run(args) -> int`: `asr_cli.<name>_command`, for
the exporter `asr_export.command`. Only the module of the given subcommand is imported, so `asr transcribe`
works where nothing but the extra `client` is installed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

COMMANDS: dict[str, str] = {
    "export": "turn a Qwen3-ASR checkpoint into an ONNX model repository for Triton",
    "serve": "run and supervise a Triton server on an exported model repository",
    "health": "ask a running server whether it is alive or ready (for probes)",
    "transcribe": "transcribe audio files through a running server",
    "batch": "transcribe folders, manifests or object storage; resumes, and divides among machines",
    "merge": "put the results of a batch together and prove that none is missing",
    "evaluate": "measure error rates on a test set, as recorded and degraded",
    "analyze": "find intents and check the quality of transcribed calls",
    "web": "serve the web desk: record, upload and batch calls in a browser",
    "rules": "check and try the rules that calls are analysed by",
}

_ELSEWHERE = {"export": "asr_export.command"}  # the exporter brings its own command

# Commands that transcribe several calls at once, each in a thread.
_CLIENTS = ("transcribe", "batch", "evaluate")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status (2 for wrong usage, 130 after Ctrl-C)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = arguments[0] if arguments and arguments[0] in COMMANDS else None
    if chosen in _CLIENTS:
        # OpenBLAS would start a thread for each core, which spins while it waits; our matrices are too small.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    args = _parser(chosen).parse_args(arguments)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader closed the pipe. Python flushes stdout at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="asr", description="Call transcription with Qwen3-ASR on Triton.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_line in COMMANDS.items():
        if name == chosen:
            _add_command(subparsers, name, help_line)
        else:
            subparsers.add_parser(name, help=help_line, add_help=False)
    return parser


def _add_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help_line: str
) -> None:
    try:
        module = importlib.import_module(_ELSEWHERE.get(name, f"asr_cli.{name}_command"))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(("asr_cli", "asr_export")):
            raise
        sys.exit(f"asr {name}: the package {error.name!r} is not installed; see 'Extras' in the README")
    parser = subparsers.add_parser(
        name,
        help=help_line,
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)


if __name__ == "__main__":
    sys.exit(main())
