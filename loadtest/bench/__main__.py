"""Measure how fast this engine is, honestly: against the same model in PyTorch, in the same minutes.

A checkpoint with random weights in the shape of Qwen3-ASR-0.6B is written and exported; random weights cost
what trained ones cost. Each request is one clip, answered with exactly four tokens for each second of audio,
whatever the model says. Contenders take turns within each round, so that a busy minute hits all of them, and
ratios are taken within rounds:

  engine cpu-int8   this engine in a process of its own
  stack cpu-int8    the same behind Triton, called over gRPC: what serving costs
  pytorch fp32      transformers' generate on the same checkpoint, all callers as one batch
  pytorch bf16      the same in bfloat16

One run:
  python -m bench speed                    what the promises need: ten minutes on two idle cores
  python -m bench speed --mode full        every length, concurrency and precision: an hour or two
  python -m bench speed --mode full --only 120s     of these the whole clips of two minutes
  python -m bench speed --shape tiny       a toy model, to see the benchmark itself work within a minute
  python -m bench report RUN.jsonl         the tables of a run again
  python -m bench memory                   resident memory over slots and context
  python -m bench soak                     ten minutes of mixed lengths: does memory grow?

A run that was cut off goes on where it was when the same command is given again. Nothing else should run on
the machine; where something does, trust the ratios more than the seconds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from asr_engine.graphs.session import available_cores
from bench.cells import Mode, NoSuchCell, named_like, plan
from bench.contenders import ContenderFailed, Kind, Name
from bench.machine import code_version
from bench.memory import measure_memory, memory_table
from bench.random_model import SHAPES, RandomModel
from bench.report.record import OtherRun, Record
from bench.report.report import publish, settings_of
from bench.soak import MAX_GROWTH, soak, soak_lines
from bench.speed import SpeedRun

BUILD = Path("build/bench")


def main(argv: Sequence[str] | None = None) -> int:
    """Run an action. Exit status: 0 when all checks hold, 1 when not, 2 when nothing could be measured."""
    args = _parser().parse_args(argv)
    try:
        holds: bool = args.act(args)
    except (ContenderFailed, NoSuchCell, OtherRun) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if holds else 1


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m bench", description=__doc__, formatter_class=raw)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    speed = actions.add_parser("speed", help="measure throughput, latency and where the time goes")
    report = actions.add_parser("report", help="print the tables of a run")
    memory = actions.add_parser("memory", help="measure resident memory over slots and context")
    soak = actions.add_parser("soak", help="send mixed lengths for a while and watch the memory")
    _speed_options(speed)
    _memory_options(memory)
    _soak_options(soak)
    report.set_defaults(act=_report)
    report.add_argument("run", type=Path, help="the .jsonl file a run writes")
    for action in (speed, report):
        action.add_argument("--save", metavar="NAME", help="keep it as loadtest/baselines/NAME.*")
    for action in (speed, memory, soak):
        _model_options(action)
    return parser


def _speed_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=_speed)
    parser.add_argument("--mode", choices=("quick", "full"), default="quick", help="how many cells")
    parser.add_argument("--rounds", type=int, default=3, help="how often each cell is measured")
    parser.add_argument("--max-callers", type=int, default=32, help="leave out cells with more callers")
    parser.add_argument("--only", default="", metavar="PART", help="cells with this in their name, e.g. 120s")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run measured")


def _memory_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=_memory)
    kinds = ("engine", "stack")
    parser.add_argument("--kind", choices=kinds, default="engine", help="alone, or server and client")
    parser.add_argument("--slots", type=_numbers, default=(4, 8, 16), help="e.g. 4,8,16")
    parser.add_argument("--positions", type=_numbers, default=(768, 1024, 2048), help="e.g. 768,1024")
    parser.add_argument("--most-gb", type=float, default=float("inf"), help="fail above this")


def _soak_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=_soak)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--positions", type=int, default=768, help="of each slot")


def _model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, default=BUILD, help="folder for checkpoint and exports")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="0.6b", help="size of the model")
    parser.add_argument("--target", default="cpu-int8", help="export that is measured")
    parser.add_argument("--threads", type=int, default=available_cores(), help="for every contender")
    note = "take exports that are there, though the exporter changed"
    parser.add_argument("--as-exported", action="store_true", help=note)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _speed(args: argparse.Namespace) -> bool:
    model = RandomModel(args.work, args.shape, args.as_exported)
    cells = named_like(args.only, plan(Mode(args.mode), args.target, max_callers=args.max_callers))
    settings = settings_of(model, args.target, args.threads, code_version())
    record = Record.open(args.work / "runs" / f"{args.shape}-{args.target}.jsonl", settings, fresh=args.fresh)
    SpeedRun(model, cells, args.rounds, args.threads, knobs={}, report=_progress).measure(record)
    return publish(record, print, args.save)


def _memory(args: argparse.Namespace) -> bool:
    model = RandomModel(args.work, args.shape, args.as_exported)
    name = Name(Kind(args.kind), args.target)
    rows = list(measure_memory(model, name, args.slots, args.positions, args.threads, _progress))
    print(memory_table(rows))
    return all(row.peak_bytes <= args.most_gb * 1e9 for row in rows)


def _soak(args: argparse.Namespace) -> bool:
    model = RandomModel(args.work, args.shape, args.as_exported)
    model.prepare({args.target}, _progress)
    knobs = {"slots": args.slots, "max_positions": args.positions, "intra_op_threads": args.threads}
    repository = model.serve_from(args.target, args.work / "served" / "soak", knobs)
    result = soak(repository, args.minutes, _progress)
    print("\n".join(soak_lines(result)))
    return result.growth <= MAX_GROWTH


def _report(args: argparse.Namespace) -> bool:
    return publish(Record.load(args.run), print, args.save)


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
