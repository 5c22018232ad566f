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
import logging
import os
import sys
from collections import Counter
from datetime import datetime
from itertools import count
from pathlib import Path

from asr_cli.arguments.cache import add_cache_arguments, cached_client
from asr_cli.arguments.calls import channel_roles
from asr_cli.arguments.limits import add_limit_arguments, audio_limits
from asr_cli.progress_line import ProgressLine
from asr_client import AsrClient, ClientError, ClientSettings, Priority, TlsFiles
from asr_client.cache.client import CachedClient
from asr_client.conditioning import Conditioning
from asr_client.errors import InvalidOption
from asr_client.formats import FORMATS, to_json, to_text
from asr_client.turns_file import read_turns
from asr_text.written_form import with_written_forms
from asr_types.transcript import ROLES, CallMetadata, Transcript
from asr_types.whole_file import write_whole

_DEFAULTS = ClientSettings()
_PRIORITIES = {"interactive": Priority.INTERACTIVE, "bulk": Priority.BULK}
_JOINABLE = ("text", "json")  # several calls in one stream make sense


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
    _add_call_arguments(parser)
    _add_server_arguments(parser)
    add_limit_arguments(parser)
    add_cache_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Transcribe all files; returns the exit status."""
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, format="%(message)s")
    try:
        _check_usage(args)
        client = AsrClient(_settings(args))
    except ClientError as error:
        _complain(error)
        return 2
    with client:
        try:
            client.check_reachable()
        except ClientError as error:
            _complain(error)
            return 1
        progress = ProgressLine()
        transcriber = cached_client(client, args) or client
        failed = [path for path in args.files if not _transcribe(transcriber, path, args, progress)]
    if failed and len(args.files) > 1:
        _complain(f"{len(failed)} of {len(args.files)} files failed")
    return 1 if failed else 0


def _add_call_arguments(parser: argparse.ArgumentParser) -> None:
    call = parser.add_argument_group("the calls")
    call.add_argument("--language", help="code or name; without it the model decides for each segment")
    call.add_argument(
        "--written",
        action="store_true",
        help="add the written form of Chinese and English: numbers in figures",
    )
    call.add_argument("--context", default="", metavar="TEXT", help="names and terms to expect")
    call.add_argument(
        "--roles", type=channel_roles, metavar="ROLE,ROLE", help="role of each channel (agent,customer)"
    )
    call.add_argument(
        "--turns", type=Path, metavar="FILE", help="who speaks when in a single channel: RTTM or JSON"
    )
    call.add_argument(
        "--speakers",
        type=_speakers,
        default={},
        metavar="NAME=ROLE,…",
        help="roles of the speakers in --turns",
    )
    call.add_argument("--call-id", default="", help="for a single file; default: its name without the ending")
    call.add_argument("--agent-id", help="who answered")
    call.add_argument("--customer-id", help="who called")
    call.add_argument("--started-at", type=_moment, help="ISO 8601 date and time")
    call.add_argument("--remove-offset", action="store_true", help="take a recorder's DC out")
    call.add_argument("--normalise-level", action="store_true", help="bring speech to -20 dBFS")


def _add_server_arguments(parser: argparse.ArgumentParser) -> None:
    server = parser.add_argument_group("the server")
    address = os.environ.get("ASR_ADDRESS", _DEFAULTS.address)
    server.add_argument(
        "--address", default=address, metavar="HOST:PORT", help="or ASR_ADDRESS (%(default)s)"
    )
    server.add_argument("--model", default=_DEFAULTS.model, help="model name (%(default)s)")
    server.add_argument(
        "--priority",
        choices=_PRIORITIES,
        default="interactive",
        help="bulk yields to interactive (%(default)s)",
    )
    server.add_argument(
        "--deadline",
        type=float,
        metavar="S",
        help="for each segment (180, bulk 1500)",
    )
    server.add_argument(
        "--queue-timeout",
        type=float,
        metavar="S",
        help="longest wait in the server's queue (server's default)",
    )
    server.add_argument(
        "--concurrency", type=int, default=_DEFAULTS.concurrency, help="segments in flight (%(default)s)"
    )
    server.add_argument(
        "--retries", type=int, default=_DEFAULTS.retries, help="for each segment (%(default)s)"
    )
    server.add_argument("--tls", action="store_true", help="encrypt the connection")
    server.add_argument("--ca", type=Path, metavar="PEM", help="trust these root certificates; implies --tls")


def _speakers(text: str) -> dict[str, str]:
    names = dict(part.rpartition("=")[::2] for part in text.split(","))
    for name, role in names.items():
        if not name or role not in ROLES:
            raise argparse.ArgumentTypeError(f"{text!r}; expected NAME=ROLE with one of {', '.join(ROLES)}")
    return names


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 date and time") from None
    return text


def _settings(args: argparse.Namespace) -> ClientSettings:
    return ClientSettings(
        address=args.address,
        model=args.model,
        priority=_PRIORITIES[args.priority],
        deadline_s=args.deadline,
        queue_timeout_s=args.queue_timeout,
        concurrency=args.concurrency,
        retries=args.retries,
        limits=audio_limits(args),
        conditioning=Conditioning(args.remove_offset, args.normalise_level),
        tls=TlsFiles(root_certificates=args.ca) if args.tls or args.ca else None,
    )


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
            turns=read_turns(args.turns, args.speakers) if args.turns else None,
            metadata=_metadata(args),
            on_segment=lambda result: progress.show(path.name, next(done), result.total, "segments"),
        )
        progress.clear()
        _deliver(with_written_forms(transcript) if args.written else transcript, path, args)
    except (ClientError, _NotWritten) as error:
        progress.clear()
        _complain(error)
        return False
    for warning in transcript.warnings:
        place = "" if warning.start_s is None else f" ({warning.start_s:.2f}–{warning.end_s:.2f} s)"
        _complain(f"{path.name}: {warning.message}{place}")
    return True


def _metadata(args: argparse.Namespace) -> CallMetadata:
    return CallMetadata(
        call_id=args.call_id,
        agent_id=args.agent_id,
        customer_id=args.customer_id,
        started_at=args.started_at,
    )


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


def _complain(what: object) -> None:
    print("asr transcribe:", " ".join(str(what).split()), file=sys.stderr)
