"""Is the export for CUDA right on this GPU, and how fast? Correctness first, then timings, in nine minutes.

  python -m bench.gpu prepare     exports and fp32 answers, on any machine with the `export` extra; no GPU
  python -m bench.gpu run         on the GPU, in an environment with the `serve-gpu` extra

`make bench-gpu` does both, each in its own environment: onnxruntime and onnxruntime-gpu exclude each other.
The first makes the demo model and one with random weights in the full shape, and takes its time. To make them
elsewhere, copy from build/bench-gpu the files *.npz and, links followed, demo/cuda-fp16 and serve-0.6b.
The second prints a verdict for each question as it is answered, a line for each load as it is measured, and
at its end what failed and the table. Exit status: 0 when every verdict is PASS, 1 when not, 2 when nothing is
prepared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import onnxruntime as ort

from asr_engine.config import EngineConfig
from asr_engine.engine import AsrEngine
from asr_engine.manifest import load_manifest
from asr_engine.model import load_model
from asr_export.assembly import ARTIFACTS
from bench.gpu.agreement import Verdict, demo_verdicts, forced_verdicts
from bench.gpu.cases import Speaker, load_cases
from bench.gpu.timings import Timing, measure, table

ENGINE_SLOTS, ENGINE_CALLERS = 8, 12  # more callers than slots, windows of one clip in several calls
CLOSING_S = 15  # reserved for ending and printing


def main(argv: Sequence[str] | None = None) -> int:
    """Run an action and return the exit status that the module's docstring states."""
    args = _parser().parse_args(argv)
    status: int = args.act(args)
    return status


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m bench.gpu", description=__doc__, formatter_class=raw)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, act in (("prepare", _prepare), ("run", _run)):
        action = actions.add_parser(name)
        action.set_defaults(act=act)
        action.add_argument("--work", type=Path, default=Path("build/bench-gpu"), help="where the models are")
        action.add_argument(
            "--target", default="cuda-fp16", help="another one shows the script itself at work"
        )
        action.add_argument("--shape", default="0.6b", help="0.6b, 1.7b or tiny: of the random model")
        action.add_argument("--minutes", type=float, default=9.0, help="how long `run` may take")
    return parser


def _prepare(args: argparse.Namespace) -> int:
    from bench.gpu.models import prepare  # PyTorch

    prepare(args.work, args.target, args.shape, _say)
    return 0


def _run(args: argparse.Namespace) -> int:
    seconds = 60 * args.minutes - CLOSING_S
    run = _Run(args.work, args.target, args.shape, time.monotonic() + seconds)
    if not run.is_prepared():
        print(f"{args.work} is not prepared for {args.target}: python -m bench.gpu prepare", file=sys.stderr)
        return 2
    watchdog = threading.Timer(seconds, run.give_up)
    watchdog.daemon = True
    watchdog.start()
    run.all()
    watchdog.cancel()
    run.conclude()
    return 1 if run.failed else 0


def _say(line: str) -> None:
    print(line, flush=True)


@dataclass
class _Run:
    """One run and its results so far."""

    work: Path
    target: str
    shape: str
    deadline: float  # on the monotonic clock
    failed: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)

    @property
    def demo(self) -> Path:
        return self.work / "demo" / self.target / ARTIFACTS

    @property
    def full(self) -> Path:
        """Repository of the random model, without golden clips."""
        return self.work / f"serve-{self.shape}"

    def is_prepared(self) -> bool:
        """Whether models and answers are there."""
        wanted = (self.demo, self.full, self.work / "demo.npz", self.work / f"{self.shape}.npz")
        return all(path.exists() for path in wanted) and load_manifest(self.demo).target == self.target

    def all(self) -> None:
        """Ask all questions in order. A failure is recorded and does not stop the questions after it."""
        describe_environment()
        self._ask("the demo model step by step", lambda: self._step_by_step(self.demo, "demo"))
        self._ask("the demo model in the engine", self._in_the_engine)
        artifacts = self.full / ARTIFACTS
        self._ask("the full shape step by step", lambda: self._step_by_step(artifacts, self.shape))
        self._ask("timings", self._time)

    def conclude(self) -> None:
        """Print the failed verdicts, then the table."""
        passed = sum(verdict.holds for verdict in self.verdicts)
        _say(f"\n{passed} of {len(self.verdicts)} verdicts PASS")
        for line in self.failed:
            _say(f"FAIL  {line}")
        if self.timings:
            _say(table(self.timings))

    def give_up(self) -> None:
        """Print the results so far and exit: nothing else can interrupt a call that hangs on the device."""
        self.failed.append("the time was up before everything was done")
        self.conclude()
        os._exit(1)

    def _ask(self, what: str, ask: Callable[[], Iterable[Verdict]]) -> None:
        try:
            for verdict in ask():
                _say(str(verdict))
                self.verdicts.append(verdict)
                if not verdict.holds:
                    self.failed.append(f"{verdict.question}: {verdict.figure}")
        except Exception as error:  # noqa: BLE001 - the next question may still be answered
            self.failed.append(f"{what}: {type(error).__name__}: {error}")
            _say(f"FAIL  {self.failed[-1]}")

    def _step_by_step(self, artifacts: Path, name: str) -> Iterator[Verdict]:
        cases = load_cases(self.work / f"{name}.npz")
        started_at = time.monotonic()
        model = load_model(artifacts, EngineConfig(slots=len(cases)), 0)
        _say(f"{name}: loaded and warmed up in {time.monotonic() - started_at:.1f} s")
        yield from forced_verdicts(Speaker(model), cases, name)

    def _in_the_engine(self) -> Iterator[Verdict]:
        cases = load_cases(self.work / "demo.npz")
        config = EngineConfig(slots=ENGINE_SLOTS, lookahead=4, max_encode_windows=3)
        with closing(AsrEngine.load(self.demo, config)) as engine:
            yield from demo_verdicts(engine, cases, ENGINE_CALLERS)

    def _time(self) -> Iterator[Verdict]:
        manifest = load_manifest(self.full / ARTIFACTS)
        _say(table([]))
        for timing in measure(self.full, manifest, free_device_bytes(), self.deadline, _say):
            self.timings.append(timing)
            _say("  ".join(timing.row()))
        yield from ()


def describe_environment() -> None:
    """Print versions and devices. Loads CUDA's libraries from Python packages where those are installed."""
    providers = ort.get_available_providers()
    _say(f"onnxruntime {ort.__version__}, {', '.join(providers)}")
    if "CUDAExecutionProvider" in providers:
        ort.preload_dlls()
    for line in _nvidia_smi("name,driver_version,memory.total,memory.free"):
        _say(f"GPU: {line}")


def free_device_bytes() -> float | None:
    """Free memory of the first GPU; None without a GPU."""
    lines = _nvidia_smi("memory.free")
    return float(lines[0].split()[0]) * 2**20 if lines else None


def _nvidia_smi(query: str) -> list[str]:
    command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]
    if shutil.which(command[0]) is None:
        return []
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
