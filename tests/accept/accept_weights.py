"""Check a checkpoint on a public test set: export, accuracy clean and degraded, invented text, speed.

python -m tests.accept.accept_weights --checkpoint Qwen/Qwen3-ASR-0.6B --data LibriSpeech/test-clean

The data are a manifest of `asr evaluate` or a folder in the layout of LibriSpeech or AISHELL. Exports the
checkpoint (once), serves it, measures, and prints every figure beside what is allowed: for released models
their published error rates, else nothing is compared. Reports go to build/accept-weights.

Exit status: 0 nothing is worse than allowed, 1 something is, or could not be measured, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from asr_cli.progress_line import ProgressLine
from asr_client import AsrClient, ClientSettings, Priority
from asr_engine.manifest import Manifest, load_manifest
from asr_eval.corpus import read_test_set
from asr_eval.degradation import AddedNoise, Telephone
from asr_eval.errors import BadTestSet
from asr_eval.evaluation import EvaluationOptions, evaluate
from asr_eval.report import Report, to_dict, to_markdown
from asr_eval.summary import Group
from asr_eval.utterance import Utterance
from asr_server.server import ServerError, ServerOptions, TritonServer
from tests.accept.published_figures import Published, published_for

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "accept-weights"
DEGRADATIONS = (AddedNoise(20), AddedNoise(10), AddedNoise(5), Telephone())
ALLOWED_POINTS = 0.5  # percentage points above the published rate, as normalisation differs a little
LANGUAGE_ACCURACY = 0.98
SPEED_UTTERANCES = 32
CALLS_AT_ONCE = (1, 8, 32)
SILENCES = {"silence": 0.0, "noise at -50 dBFS": 10 ** (-50 / 20), "noise at -30 dBFS": 10 ** (-30 / 20)}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `passed` is None where nothing is promised."""

    what: str
    measured: str
    allowed: str
    passed: bool | None = None


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    try:
        utterances = _utterances(args)
    except BadTestSet as error:
        print(f"accept_weights: {error}", file=sys.stderr)
        return 2
    repository = args.out / "repository"
    if _export(args, repository) != 0:
        return 1
    manifest = load_manifest(repository / "qwen3_asr" / "1" / "artifacts")
    published = published_for(manifest.text.num_layers, manifest.text.hidden_size)
    try:
        with (
            TritonServer(ServerOptions(repository=repository)) as server,
            AsrClient(_settings(server.grpc_address)) as client,
        ):
            report = _accuracy(client, [*utterances, *_silences(args.out)], args)
            figures = [*_export_figures(manifest), *_accuracy_figures(report, published)]
            figures += _speed_figures(client, utterances, published)
    except ServerError as error:
        print(f"accept_weights: {error}", file=sys.stderr)
        return 1
    _keep(report, args.out)
    _print(figures, published)
    return 1 if any(figure.passed is False for figure in figures) else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", required=True, help="directory or hub id")
    parser.add_argument("--data", type=Path, required=True, help="manifest or folder of a corpus")
    parser.add_argument("--target", default="cpu-fp32", help="what to export for (%(default)s)")
    parser.add_argument("--limit", type=int, default=500, help="utterances, drawn at random (%(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    return parser.parse_args(argv)


def _utterances(args: argparse.Namespace) -> list[Utterance]:
    utterances = read_test_set(args.data)
    return random.Random(0).sample(utterances, min(args.limit, len(utterances)))


def _export(args: argparse.Namespace, repository: Path) -> int:
    command = [sys.executable, "-m", "asr_cli", "export", "--checkpoint", args.checkpoint]
    command += ["--target", args.target, "--out", str(repository), "--if-stale"]
    return subprocess.call(command)


def _settings(address: str) -> ClientSettings:
    return ClientSettings(address=address, priority=Priority.BULK, deadline_s=1800, attempt_s=600)


def _silences(out: Path) -> Iterator[Utterance]:
    """Half a minute each of silence and of steady noise, in which nothing is said."""
    out.mkdir(parents=True, exist_ok=True)
    for name, level in SILENCES.items():
        samples = level * np.random.default_rng(0).standard_normal(30 * 16_000)
        path = out / f"{name.replace(' ', '-')}.wav"
        soundfile.write(path, samples, 16_000)
        yield Utterance(path, "", None, name)


def _accuracy(client: AsrClient, utterances: Sequence[Utterance], args: argparse.Namespace) -> Report:
    options = EvaluationOptions(DEGRADATIONS)
    progress = ProgressLine()
    began_at = time.monotonic()
    outcomes = evaluate(
        client, utterances, options, lambda done, total: progress.show("accuracy", done, total, "recordings")
    )
    progress.clear()
    return Report(str(args.data), options, tuple(outcomes), time.monotonic() - began_at)


def _export_figures(manifest: Manifest) -> Iterator[Figure]:
    yield Figure("export compared with PyTorch", "yes" if manifest.checked else "no", "yes", manifest.checked)
    parity = manifest.parity or {}
    for name in ("encoder_max_diff", "logit_cosine", "forced_agreement"):
        if name in parity:
            yield Figure(f"export: {name.replace('_', ' ')}", f"{parity[name]:.6g}", "the exporter's limits")


def _accuracy_figures(report: Report, published: Published | None) -> Iterator[Figure]:
    for group in report.groups:
        yield _error_figure(group, published)
    for group in report.groups:
        if group.degradation == report.options.conditions[0]:
            right = group.language_accuracy
            passed = right >= LANGUAGE_ACCURACY if published else None
            allowed = f">= {LANGUAGE_ACCURACY:.0%}" if published else "not compared"
            yield Figure(f"{_place(group)}: language right", f"{right:.1%}", allowed, passed)
    for silence in report.silences:
        if silence.condition in SILENCES and silence.degradation == report.options.conditions[0]:
            yield Figure(
                f"{silence.condition}: invented words", str(silence.invented), "0", silence.invented == 0
            )
    failed = len(report.failed)
    yield Figure("not transcribed", f"{failed} of {len(report.outcomes)}", "0", failed == 0)


def _error_figure(group: Group, published: Published | None) -> Figure:
    rate = 100 * group.errors.rate
    spread = f" [{100 * group.interval.low:.2f}, {100 * group.interval.high:.2f}]" if group.interval else ""
    what = f"{_place(group)}, {group.degradation}: {group.rate_name}"
    known = published.error_percent.get(group.condition) if published else None
    if known is None or group.degradation != "as recorded":
        return Figure(what, f"{rate:.2f} %{spread}", "not published")
    # A sample of the test set: its interval must reach down to what is allowed.
    low = 100 * group.interval.low if group.interval else rate
    return Figure(
        what,
        f"{rate:.2f} %{spread}",
        f"{known:.2f} % published, + {ALLOWED_POINTS}",
        low <= known + ALLOWED_POINTS,
    )


def _place(group: Group) -> str:
    return " ".join(part for part in (group.language, group.condition) if part)


def _speed_figures(
    client: AsrClient, utterances: Sequence[Utterance], published: Published | None
) -> Iterator[Figure]:
    spoken = [utterance for utterance in utterances if utterance.language][:SPEED_UTTERANCES]
    for calls in (calls for calls in CALLS_AT_ONCE if calls <= len(spoken)):
        began_at = time.monotonic()
        outcomes = evaluate(client, spoken, EvaluationOptions(calls_at_once=calls))
        wall_s = time.monotonic() - began_at
        report = Report("speed", EvaluationOptions(), tuple(outcomes), wall_s)
        known = published.times_real_time.get(calls) if published else None
        yield Figure(
            f"speed, {calls} at once",
            f"{report.audio_s / wall_s:.1f} times real time",
            f"{known} published, unknown hardware" if known else "not published",
        )


def _keep(report: Report, out: Path) -> None:
    (out / "evaluation.md").write_text(to_markdown(report), encoding="utf-8")
    (out / "evaluation.json").write_text(json.dumps(to_dict(report), ensure_ascii=False, indent=1), "utf-8")


def _print(figures: Sequence[Figure], published: Published | None) -> None:
    rows = [("figure", "measured", "allowed", "")]
    verdicts = {None: "", True: "ok", False: "WORSE"}
    rows += [(entry.what, entry.measured, entry.allowed, verdicts[entry.passed]) for entry in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    print(f"\n{published.name if published else 'No released model: error rates are not compared'}\n")
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
