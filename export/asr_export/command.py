"""Turn a Qwen3-ASR checkpoint into a model repository that Triton serves.

The checkpoint is a local directory or a hub id, in either published layout. Every weight must be accounted
for. The exported graphs are compared with PyTorch on speech before anything appears at --out, and a failed
or interrupted export leaves --out as it was.

targets:
  cpu-fp32    exact: greedy tokens equal PyTorch's
  cpu-int8    decoder weights in 8 bits: a quarter of the memory, small differences
  cuda-fp16   for NVIDIA GPUs; its decoder cannot run without one and is checked at its first load

examples:
  asr export --checkpoint demo/checkpoint --target cpu-fp32 --out build/demo
  asr export --checkpoint Qwen/Qwen3-ASR-0.6B --target cuda-fp16 --out build/models
  asr export --checkpoint Qwen/Qwen3-ASR-1.7B-hf --revision main --target cpu-int8 --out build/int8 --if-stale
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from asr_engine.manifest import TARGETS
from asr_export.assembly import TEMPLATE, copy_template
from asr_export.errors import ExportError
from asr_export.freshness import is_current
from asr_export.options import ExportOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `asr export` to a parser."""
    parser.add_argument(
        "--checkpoint", required=True, help="local directory, or hub id such as Qwen/Qwen3-ASR-0.6B"
    )
    parser.add_argument("--target", required=True, choices=TARGETS, help="what the graphs are built for")
    parser.add_argument("--out", required=True, type=Path, help="the model repository to write")
    parser.add_argument("--revision", help="branch, tag or commit of a hub id")
    parser.add_argument(
        "--if-stale", action="store_true", help="do nothing when --out already holds this very export"
    )
    parser.add_argument(
        "--check-audio",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="compare on this recording (mono, 16 kHz; repeatable) instead of the bundled speech",
    )
    parser.add_argument(
        "--template",
        type=Path,
        default=TEMPLATE,
        help="folder with the qwen3_asr template (default: model_repository of this source tree)",
    )
    parser.add_argument(
        "--skip-checks",
        action="store_true",
        help="leave the comparison to the first load, as for graphs that cannot run here",
    )


def run(args: argparse.Namespace) -> int:
    """Export and print a line for each stage. On failure print one sentence to stderr and return 1."""
    options = ExportOptions(
        checkpoint=args.checkpoint,
        out=args.out,
        target=args.target,
        revision=args.revision,
        check=not args.skip_checks,
        check_audio=tuple(args.check_audio),
        template=args.template,
    )
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        if args.if_stale and is_current(options):
            copy_template(options.template, options.out, on_gpus=options.on_gpus)
            print(f"{options.out} is up to date")
        else:
            _export(options)
    except ExportError as error:
        print(f"asr export: {error}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


class StageLines:
    """Progress for terminals: prints each stage as it begins, with the share done and the elapsed time."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, stage: str, share: float) -> None:
        elapsed = time.monotonic() - self._started
        print(f"[{share:4.0%}] {elapsed:6.1f} s  {stage}", flush=True)


def _export(options: ExportOptions) -> None:
    stage_lines = StageLines()
    stage_lines("importing PyTorch", 0.0)
    from asr_export.exporter import export_checkpoint

    export_checkpoint(options, stage_lines)


def _leave(signum: int, _frame: FrameType | None) -> None:
    """Exit through SystemExit, so that context managers remove the unfinished output."""
    sys.exit(128 + signum)
