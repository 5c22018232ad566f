"""Find intents and check the quality of transcribed calls.

Reads transcripts as `asr transcribe --json` writes them: one document, a list, or one document a line;
"-" reads standard input. Each call becomes one report, on standard output or, with --out, in a file of its
own. A file that fails is reported on standard error and does not stop the rest.

Exit status: 0 all files analysed, 1 at least one failed, 2 wrong usage or rules that cannot be used,
130 interrupted.

examples:
  asr transcribe call.wav --json | asr analyze -
  asr analyze transcripts/*.json --json --out reports/
  asr analyze --show-rules > my-rules.yaml
  asr analyze call.json --rules my-rules.yaml
  asr analyze --evaluate utterances.tsv
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from asr_cli.standard_error import print_verbatim
from asr_types.transcript import Transcript
from asr_types.whole_file import write_whole
from call_analysis.analysis import analyze
from call_analysis.errors import AnalysisError, RulesError
from call_analysis.intents.evaluation import evaluate, read_labelled, with_errors
from call_analysis.report import CallReport
from call_analysis.rules_file.rules_file import Rules, default_rules_text, load_rules
from call_analysis.transcript_file import parse_transcripts, read_transcripts

_STDIN = Path("-")
_ERROR_RATE, _ERROR_SEED = 0.1, 101


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr analyze`."""
    parser.add_argument("transcripts", nargs="*", type=Path, metavar="TRANSCRIPT")
    parser.add_argument("--rules", type=Path, metavar="FILE", help="rules to use instead of the default ones")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", dest="format", action="store_const", const="txt", help="for people (default)")
    form.add_argument(
        "--json", dest="format", action="store_const", const="json", help="full reports; several: one a line"
    )
    parser.set_defaults(format="txt")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one file for each call into DIR")
    parser.add_argument(
        "--evaluate",
        type=Path,
        metavar="FILE",
        help="measure the intents on labelled utterances (intent, tab, utterance) and stop",
    )
    parser.add_argument("--show-rules", action="store_true", help="print the default rules and stop")


def run(args: argparse.Namespace) -> int:
    """Analyse all files; returns the exit status."""
    if args.show_rules:
        sys.stdout.write(default_rules_text())
        return 0
    try:
        if args.evaluate is None:
            _check_usage(args)
        rules = load_rules(args.rules)
    except (RulesError, ValueError) as error:
        print_verbatim("analyze", error)
        return 2
    if args.evaluate is not None:
        return _evaluate(args.evaluate, rules)
    failed = [path for path in args.transcripts if not _analyze(path, rules, args)]
    if failed and len(args.transcripts) > 1:
        print_verbatim("analyze", f"{len(failed)} of {len(args.transcripts)} files failed")
    return 1 if failed else 0


def _check_usage(args: argparse.Namespace) -> None:
    if not args.transcripts:
        raise ValueError("no TRANSCRIPT given")
    stem, count = Counter(path.stem for path in args.transcripts).most_common(1)[0]
    if args.out is not None and count > 1:
        raise ValueError(f"{count} files are called {stem!r}; they would overwrite each other in {args.out}")


def _evaluate(path: Path, rules: Rules) -> int:
    try:
        utterances = read_labelled(path, rules.intents)
    except AnalysisError as error:
        print_verbatim("analyze", error)
        return 1
    damaged = [with_errors(utterance, _ERROR_RATE, _ERROR_SEED) for utterance in utterances]
    clean, noisy = evaluate(utterances, rules.intents), evaluate(damaged, rules.intents)
    print(f"{'intent':<14} {'count':>5} {'precision':>9} {'recall':>6} {'F1':>6} {'F1 with errors':>14}")
    for score, other in zip(clean.scores, noisy.scores, strict=True):
        figures = f"{score.precision:>9.3f} {score.recall:>6.3f} {score.f1:>6.3f} {other.f1:>14.3f}"
        print(f"{score.name:<14} {score.count:>5} {figures}")
    print(f"\n{clean.utterances} utterances; with errors: {_ERROR_RATE:.0%} of the characters wrong")
    print(f"macro-F1 {clean.macro_f1:.3f}, with errors {noisy.macro_f1:.3f}")
    print(f"calibration error {clean.calibration_error:.3f}, with errors {noisy.calibration_error:.3f}")
    return 0


def _analyze(path: Path, rules: Rules, args: argparse.Namespace) -> bool:
    stem = "call" if path == _STDIN else path.stem
    try:
        transcripts = _read(path)
        for number, transcript in enumerate(transcripts, start=1):
            name = stem if len(transcripts) == 1 else f"{stem}-{number}"
            single = len(args.transcripts) == len(transcripts) == 1
            _deliver(analyze(transcript, rules), name, single, args)
    except BrokenPipeError:
        raise
    except (AnalysisError, OSError) as error:
        print_verbatim("analyze", error)
        return False
    return True


def _read(path: Path) -> list[Transcript]:
    if path == _STDIN:
        return parse_transcripts(sys.stdin.buffer.read(), "standard input")
    return read_transcripts(path)


def _deliver(report: CallReport, name: str, single: bool, args: argparse.Namespace) -> None:
    if args.out is not None:
        write_whole(args.out / f"{name}.report.{args.format}", _render(report, args.format, indent=2))
        return
    sys.stdout.write(_render(report, args.format, indent=2 if single else None))
    if args.format == "txt" and not single:
        sys.stdout.write("\n")
    sys.stdout.flush()


def _render(report: CallReport, form: str, indent: int | None) -> str:
    if form == "txt":
        return report.to_text()
    return json.dumps(report.to_dict(), ensure_ascii=False, indent=indent) + "\n"
