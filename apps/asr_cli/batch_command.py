"""Transcribe many recordings: folders, patterns, manifests, object storage.

The result of calls/one.wav is OUT/calls/one.wav.json, written whole or not at all. A batch that was
interrupted, killed or lost its server goes on where it stopped when the same command is given again.
Recordings that cannot be transcribed are listed with reasons in OUT/failures.jsonl; --retry-failed tries
them again.

A manifest is CSV, TSV or JSON Lines with the column `audio`, and if wanted `id`, `language`, `context`,
`roles`, `agent_id`, `customer_id`, `started_at`; other columns become attributes of the call.

Exit status: 0 every recording has its result, 1 some failed, 2 wrong usage, 3 stopped before the end (server
away, results cannot be written), 130 interrupted, 143 terminated.

examples:
  asr batch calls/ --out transcripts/
  asr batch 'archive/2024-*/**/*.wav' more.csv --out transcripts/ --format srt,vtt --language zh
  asr batch s3://bucket/calls.csv --out s3://bucket/transcripts --shard 0/8
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from tqdm.contrib.logging import logging_redirect_tqdm

from asr_batch.batch import Batch, BatchOptions
from asr_batch.errors import BatchStopped, OutputFailed, WrongUsage
from asr_batch.failures import failures_as_csv, failures_as_json_lines
from asr_batch.progress import Progress
from asr_batch.shard import WHOLE_BATCH, Shard, parse_shard
from asr_batch.sources import find_tasks
from asr_batch.store import Store, open_store
from asr_batch.task import Task
from asr_batch.transcriber import Transcriber
from asr_cli.arguments.cache import add_cache_arguments, cached_client
from asr_cli.arguments.calls import (
    add_call_arguments,
    add_context,
    add_language,
    add_roles,
    conditioning,
    conditioning_arguments,
    written_argument,
)
from asr_cli.arguments.limits import add_limit_arguments, audio_limits
from asr_cli.arguments.server import (
    Group,
    add_retries,
    add_server_arguments,
    concurrency_argument,
    deadline_argument,
    server_settings,
)
from asr_cli.arguments.value_type import positive_number, value_type
from asr_cli.batch_progress import BatchProgress
from asr_cli.standard_error import print_message, show_log
from asr_client import AsrClient, ClientError, Priority
from asr_client.formats import FORMATS, to_json
from asr_client.requests.query_options import QueryOptions
from asr_text.written_form import with_written_forms
from asr_types.whole_file import write_whole

_STOPPED = 3
_TERMINATED = 143
_FURTHER = [name for name in FORMATS if name != "json"]


class _Terminated(BaseException):
    """The process got SIGTERM, for example because an orchestrator moves the pod."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr batch`."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="folder, pattern, file, manifest or URL")
    parser.add_argument("--out", required=True, metavar="DIR", help="where results go: a folder or a URL")
    parser.add_argument(
        "--format",
        type=value_type(_formats),
        default=[],
        metavar="NAME,…",
        help=f"written beside the JSON: {', '.join(_FURTHER)}",
    )
    _add_run_arguments(parser)
    call = (
        add_language,
        add_context,
        add_roles,
        conditioning_arguments(),
        written_argument("add the written form"),
    )
    add_call_arguments(parser, *call)
    concurrency = concurrency_argument("segments of a call at once", default=4)
    server = (_add_calls, concurrency, deadline_argument("1500"), add_retries, _add_retry_budget)
    add_server_arguments(parser, *server)
    add_limit_arguments(parser)
    add_cache_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the batch; returns the exit status."""
    show_log(args.verbose)
    try:
        tasks = _tasks(args)
        store = open_store(args.out)
        QueryOptions.checked(args.language, args.context, None)
        settings = server_settings(
            args, priority=Priority.BULK, limits=audio_limits(args), conditioning=conditioning(args)
        )
        client = AsrClient(settings)
    except (WrongUsage, ClientError) as error:
        print_message("batch", error)
        return 2
    with client:
        batch = Batch(tasks, store, _transcriber(client, args), to_json, _options(args))
        status = _run(batch)
    if status == 2:  # the folder belongs to another job, and so does its list
        return status
    try:
        _list_failures(batch, store, args)
    except (OutputFailed, OSError) as error:
        print_message("batch", error)
        status = status or _STOPPED
    print_message("batch", _summary(batch.progress, args.out))
    return status


def _tasks(args: argparse.Namespace) -> list[Task]:
    tasks = find_tasks(args.sources, args.skip_missing)
    shard: Shard | None = args.shard
    return tasks if shard is None else shard.select(tasks)


def _run(batch: Batch) -> int:
    try:
        with _sigterm_raises(), logging_redirect_tqdm(), BatchProgress() as shown:
            batch.run(shown.show)
    except WrongUsage as error:
        print_message("batch", error)
        return 2
    except (BatchStopped, ClientError) as error:
        print_message("batch", f"stopped: {error}")
        return _STOPPED
    except KeyboardInterrupt:
        print_message("batch", "interrupted; the same command goes on from here")
        return 130
    except _Terminated:
        print_message("batch", "terminated; the same command goes on from here")
        return _TERMINATED
    return 1 if batch.failed else 0


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shard", type=value_type(parse_shard), metavar="I/N", help="do one share of N, counted from 0"
    )
    parser.add_argument("--retry-failed", action="store_true", help="try again what failed in earlier runs")
    parser.add_argument("--skip-missing", action="store_true", help="absent files of a manifest only fail")
    parser.add_argument("--verify", action="store_true", help="read results of earlier runs and check them")
    parser.add_argument(
        "--failures", type=Path, metavar="FILE", help="list failures here too, .csv or .jsonl"
    )
    parser.add_argument("--verbose", "-v", action="store_true", help="say how long each call takes")


def _add_calls(group: Group) -> None:
    group.add_argument(
        "--calls",
        type=positive_number("not a number from 1 up"),
        default=16,
        help="at most this many at once (%(default)s)",
    )


def _add_retry_budget(group: Group) -> None:
    group.add_argument(
        "--patience", type=float, default=300.0, metavar="S", help="for a server that is away (%(default)s)"
    )


def _formats(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            raise ValueError(f"format is {name!r}; expected some of {', '.join(FORMATS)}")
    return sorted({name for name in names if name != "json"})


def _call_options(args: argparse.Namespace) -> dict[str, object]:
    """Keyword arguments of `AsrClient.transcribe` that hold for every recording."""
    return {"language": args.language, "context": args.context, "roles": args.roles}


def _options(args: argparse.Namespace) -> BatchOptions:
    call = {**_call_options(args), "roles": None if args.roles is None else list(args.roles)}
    for name in ("remove_offset", "normalise_level", "written", "format"):
        call[name] = getattr(args, name)
    return BatchOptions(
        calls=args.calls,
        retry_failed=args.retry_failed,
        verify=args.verify,
        retry_budget_s=args.patience,
        shard=WHOLE_BATCH if args.shard is None else str(args.shard),
        formats={FORMATS[name].extension: FORMATS[name].render for name in args.format},
        result_options=call,
    )


def _transcriber(client: AsrClient, args: argparse.Namespace) -> Transcriber:
    cached = cached_client(client, args)
    if args.written:
        return Transcriber(client, cached, _call_options(args), with_written_forms)
    return Transcriber(client, cached, _call_options(args))


def _list_failures(batch: Batch, store: Store, args: argparse.Namespace) -> None:
    """Write the list of failures; remove that of an earlier run where nothing failed."""
    failed = batch.failed
    name = "failures.jsonl" if args.shard is None else f"failures-{args.shard}.jsonl"
    if failed:
        store.write(name, failures_as_json_lines(failed).encode(errors="backslashreplace"))
    else:
        store.remove(name)
    if args.failures is not None:
        render = failures_as_csv if args.failures.suffix == ".csv" else failures_as_json_lines
        write_whole(args.failures, render(failed).encode(errors="backslashreplace").decode())


def _summary(progress: Progress, out: str) -> str:
    failed = progress.failed + progress.failed_before
    speed = progress.audio_s / max(progress.elapsed_s, 1e-9)
    return (
        f"{progress.complete} of {progress.total} results in {out}: {progress.transcribed} transcribed, "
        f"{progress.from_cache} from the cache, {progress.before} there before; {failed} failed, "
        f"{progress.total - progress.settled} not done; "
        f"{progress.audio_s:.0f} s of audio in {progress.elapsed_s:.1f} s, {speed:.0f} audio-s/s"
    )


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def leave(*_: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
