"""Measure error rates on a test set through a running server.

The test set is a manifest, CSV or JSON Lines with the columns audio, text, language and optionally
condition, channel and terms, or a folder in the layout of LibriSpeech or AISHELL. Recordings are transcribed
as they are and, on request, with noise added or through a telephone line, always the same for one seed.

Prints a report in Markdown; --out keeps it with one for programs.

Exit status: 0 everything was transcribed, 1 something failed, 2 wrong usage, 130 interrupted.

examples:
  asr evaluate test.csv
  asr evaluate LibriSpeech/test-clean --limit 200
  asr evaluate test.jsonl --add-noise 20,10,5 --telephone --out accuracy/
  asr evaluate test.jsonl --hot-words
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from asr_cli.arguments.cache import add_cache_arguments, cached_client
from asr_cli.arguments.calls import add_context, conditioning, conditioning_arguments
from asr_cli.arguments.server import Group, add_server_arguments, server_settings
from asr_cli.arguments.value_type import positive_number, value_type
from asr_cli.progress_line import ProgressLine
from asr_cli.standard_error import print_message
from asr_client import AsrClient, ClientError, Priority
from asr_eval.corpus import read_test_set
from asr_eval.degradation import AddedNoise, Degradation, Telephone
from asr_eval.errors import BadTestSet
from asr_eval.evaluation import EvaluationOptions, evaluate
from asr_eval.noise import NoiseColour
from asr_eval.normalization import Normalization
from asr_eval.report import Report, to_dict, to_markdown
from asr_eval.utterance import Utterance
from asr_types.whole_file import write_whole

_OPTIONS = EvaluationOptions()
_FROM_1 = positive_number("no number from 1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr evaluate`."""
    parser.add_argument("test_set", type=Path, metavar="MANIFEST", help="or the folder of a corpus")
    parser.add_argument("--condition", metavar="NAME", help="only what has this condition")
    parser.add_argument("--limit", type=_FROM_1, metavar="N", help="only N utterances, drawn at random")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="show N utterances (%(default)s)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write evaluation.md and evaluation.json here"
    )
    _add_degradations(parser)
    _add_model_arguments(parser)
    add_server_arguments(parser, _add_calls)
    add_cache_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate; returns the exit status."""
    try:
        utterances = _utterances(args)
        settings = server_settings(
            args, priority=Priority.BULK, deadline_s=1800, attempt_s=600, conditioning=conditioning(args)
        )
        client = AsrClient(settings)
    except (BadTestSet, ClientError) as error:
        return _failed(error, 2)
    with client:
        try:
            client.check_reachable()
        except ClientError as error:
            return _failed(error, 1)
        report = _measure(client, utterances, args)
    text = to_markdown(report)
    try:
        if args.out is not None:
            _write(report, text, args.out)
    except OSError as error:
        return _failed(f"{args.out} cannot be written: {error.strerror}", 1)
    sys.stdout.write(text)
    if report.failed:
        return _failed(f"{len(report.failed)} of {len(report.outcomes)} utterances failed", 1)
    return 0


def _add_model_arguments(parser: argparse.ArgumentParser) -> None:
    model = parser.add_argument_group("the model")
    model.add_argument("--force-language", action="store_true", help="tell the model the language")
    context = model.add_mutually_exclusive_group()
    add_context(context)
    context.add_argument(
        "--hot-words",
        action="store_true",
        help="transcribe all once more with the manifest's terms and count them",
    )
    conditioning_arguments("take DC out of what is sent", "bring what is sent to -20 dBFS")(model)
    model.add_argument(
        "--normalization",
        choices=[kind.value for kind in Normalization],
        default=_OPTIONS.normalization.value,
        help="of both texts before they are compared (%(default)s)",
    )


def _add_degradations(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("degradation, each beside the recordings as they are")
    group.add_argument(
        "--add-noise",
        type=value_type(_ratios),
        default=(),
        metavar="DB[,DB…]",
        help="signal-to-noise ratios, one after the other",
    )
    group.add_argument(
        "--noise",
        type=NoiseColour,
        choices=list(NoiseColour),
        default=NoiseColour.PINK,
        metavar="|".join(colour.value for colour in NoiseColour),
        help="its colour (pink)",
    )
    group.add_argument("--telephone", action="store_true", help="8 kHz, 300 to 3400 Hz, µ-law")
    group.add_argument("--seed", type=int, default=0, help="of noise and --limit (%(default)s)")


def _add_calls(group: Group) -> None:
    group.add_argument("--calls", type=_FROM_1, default=_OPTIONS.calls_at_once, help="at once (%(default)s)")


def _utterances(args: argparse.Namespace) -> list[Utterance]:
    utterances = read_test_set(args.test_set)
    if args.condition is not None:
        conditions = sorted({utterance.condition for utterance in utterances})
        utterances = [entry for entry in utterances if entry.condition == args.condition]
        if not utterances:
            raise BadTestSet(f"condition is {args.condition!r}; {args.test_set} has {', '.join(conditions)}")
    if args.hot_words and not any(entry.terms for entry in utterances):
        raise BadTestSet(f"{args.test_set} has no terms, and --hot-words counts them")
    if args.limit is not None and args.limit < len(utterances):
        utterances = random.Random(args.seed).sample(utterances, args.limit)
    return utterances


def _measure(client: AsrClient, utterances: list[Utterance], args: argparse.Namespace) -> Report:
    noises: list[Degradation] = [AddedNoise(ratio, args.noise, args.seed) for ratio in args.add_noise]
    options = EvaluationOptions(
        degradations=(*noises, *([Telephone()] if args.telephone else [])),
        normalization=Normalization(args.normalization),
        force_language=args.force_language,
        context=args.context,
        with_terms=args.hot_words,
        calls_at_once=args.calls,
    )
    progress = ProgressLine()
    cached = cached_client(client, args)
    began_at = time.monotonic()
    outcomes = evaluate(
        client,
        utterances,
        options,
        on_done=lambda done, total: progress.show(args.test_set.name, done, total, "recordings"),
        cached=cached,
    )
    progress.clear()
    wall_s = None if cached else time.monotonic() - began_at
    return Report(args.test_set.name, options, tuple(outcomes), wall_s, args.worst)


def _write(report: Report, text: str, folder: Path) -> None:
    write_whole(folder / "evaluation.md", text)
    document = json.dumps(to_dict(report), ensure_ascii=False, indent=1)
    write_whole(folder / "evaluation.json", document + "\n")


def _ratios(text: str) -> tuple[float, ...]:
    try:
        return tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        raise ValueError(f"{text!r} is no list of numbers, such as 20,10,5") from None


def _failed(what: object, status: int) -> int:
    print_message("evaluate", what)
    return status
