"""Transcribe audio files through a running server.

Each file becomes one transcript, on standard output or, with --out, in a file beside the others. A file that
fails is reported on standard error and does not stop the rest.

Exit status: 0 all files transcribed, 1 at least one failed, 2 wrong usage, 130 interrupted.

Two channels are taken as agent and customer; --roles names them otherwise. Who speaks when in a single
channel is not found out here; --turns takes it from a diarisation tool's file. Subtitles (srt, vtt) keep the
segments of the transcript: up to 30 s each.

examples:
  asr transcribe call.wav
  asr transcribe calls/*.flac --json --out transcripts/
  asr transcribe call.wav --language zh --context "订单 保修期" --format srt > call.srt
  asr transcribe meeting.flac --format markdown --out records/
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from itertools import count
from pathlib import Path

from asr_cli.arguments.cache import add_cache_arguments, cached_client
from asr_cli.arguments.calls import (
    add_call_arguments,
    add_context,
    add_language,
    add_metadata,
    add_roles,
    add_turns,
    call_metadata,
    conditioning,
    conditioning_arguments,
    speaker_turns,
    written_argument,
)
from asr_cli.arguments.limits import add_limit_arguments, audio_limits
from asr_cli.arguments.server import (
    add_priority,
    add_queue_timeout,
    add_retries,
    add_server_arguments,
    concurrency_argument,
    deadline_argument,
    server_settings,
)
from asr_cli.progress_line import ProgressLine
from asr_cli.standard_error import print_message, show_log
from asr_client import AsrClient, ClientError
from asr_client.cache.client import CachedClient
from asr_client.errors import InvalidOption
from asr_client.formats import FORMATS, to_json, to_text
from asr_text.written_form import with_written_forms
from asr_types.transcript import Transcript
from asr_types.whole_file import write_whole

_JOINABLE = ("text", "json")  # formats in which one stream can hold several calls
_CALL_ARGUMENTS = (
    add_language,
    written_argument("add the written form of Chinese and English"),
    add_context,
    add_roles,
    add_turns,
    add_metadata,
    conditioning_arguments(),
)
_SERVER_ARGUMENTS = (
    add_priority,
    deadline_argument("180, bulk 1500"),
    add_queue_timeout,
    concurrency_argument("segments in flight"),
    add_retries,
)


class _NotWritten(Exception):
    """A transcript could not be written to its file or to standard output."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr transcribe`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=FORMATS, default="text", help="lines with times (text) by default")
    for name in ("text", "json", "srt"):
        form.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, help=f"--format {name}"
        )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one file for each input into DIR")
    parser.add_argument("--verbose", "-v", action="store_true", help="say how long things take, and retries")
    add_call_arguments(parser, *_CALL_ARGUMENTS)
    add_server_arguments(parser, *_SERVER_ARGUMENTS)
    add_limit_arguments(parser)
    add_cache_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Transcribe all files; returns the exit status."""
    show_log(args.verbose)
    try:
        _check_usage(args)
        client = AsrClient(server_settings(args, limits=audio_limits(args), conditioning=conditioning(args)))
    except ClientError as error:
        print_message("transcribe", error)
        return 2
    with client:
        try:
            client.check_reachable()
        except ClientError as error:
            print_message("transcribe", error)
            return 1
        progress = ProgressLine()
        transcriber = cached_client(client, args) or client
        failed = [path for path in args.files if not _transcribe(transcriber, path, args, progress)]
    if failed and len(args.files) > 1:
        print_message("transcribe", f"{len(failed)} of {len(args.files)} files failed")
    return 1 if failed else 0


def _check_usage(args: argparse.Namespace) -> None:
    if args.speakers and not args.turns:
        raise InvalidOption("--speakers are those of --turns FILE")
    if len(args.files) == 1:
        return
    if args.call_id:
        raise InvalidOption(f"--call-id names one call, but there are {len(args.files)} files")
    if args.turns:
        raise InvalidOption(f"--turns are those of one call, but there are {len(args.files)} files")
    if args.format not in _JOINABLE and args.out is None:
        raise InvalidOption(f"{args.format} of several files needs --out DIR")
    stem, times = Counter(path.stem for path in args.files).most_common(1)[0]
    if args.out is not None and times > 1:
        raise InvalidOption(
            f"{times} files are called {stem!r}; they would overwrite each other in {args.out}"
        )


def _transcribe(
    transcriber: AsrClient | CachedClient, path: Path, args: argparse.Namespace, progress: ProgressLine
) -> bool:
    done = count(1)
    try:
        transcript = transcriber.transcribe(
            path,
            language=args.language,
            context=args.context,
            roles=args.roles,
            turns=speaker_turns(args),
            metadata=call_metadata(args),
            on_segment=lambda result: progress.show(path.name, next(done), result.total, "segments"),
        )
        progress.clear()
        _deliver(with_written_forms(transcript) if args.written else transcript, path, args)
    except (ClientError, _NotWritten) as error:
        progress.clear()
        print_message("transcribe", error)
        return False
    for warning in transcript.warnings:
        place = "" if warning.start_s is None else f" ({warning.start_s:.2f}–{warning.end_s:.2f} s)"
        print_message("transcribe", f"{path.name}: {warning.message}{place}")
    return True


def _deliver(transcript: Transcript, path: Path, args: argparse.Namespace) -> None:
    form = FORMATS[args.format]
    if args.out is not None:
        _write(args.out / f"{path.stem}.{form.extension}", form.render(transcript))
    elif len(args.files) == 1:
        _print(form.render(transcript))
    elif args.format == "json":
        _print(to_json(transcript, indent=None))  # JSON Lines
    else:
        _print(f"== {path}\n{to_text(transcript)}")


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except UnicodeEncodeError as error:
        raise _NotWritten(
            f"standard output takes {error.encoding} only; use --out DIR or set PYTHONIOENCODING=utf-8"
        ) from error
    except OSError as error:
        raise _NotWritten(f"standard output cannot be written: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise _NotWritten(f"{path} cannot be written: {error.strerror}") from error
