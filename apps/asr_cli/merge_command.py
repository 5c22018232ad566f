"""Put the results of a batch together, after proving that none is missing.

Reads the sources as `asr batch` does and every result in the folder. When each recording has exactly one
result, undamaged, and there are no others, all transcripts are written in order to one JSON Lines file. What
is missing, failed, damaged or foreign is listed otherwise, and nothing is written.

Exit status: 0 complete, 1 incomplete, 2 wrong usage.

examples:
  asr merge calls.csv --results s3://bucket/transcripts --out all.jsonl
  asr merge calls/ --results transcripts/
"""

from __future__ import annotations

import argparse
from pathlib import Path

from asr_batch.errors import BatchError, WrongUsage
from asr_batch.reconciliation import Reconciliation, merged_lines, reconcile
from asr_batch.sources import find_tasks
from asr_batch.store import Store, open_store
from asr_cli.standard_error import print_message, show_log
from asr_types.whole_file import open_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr merge`."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="as given to asr batch")
    parser.add_argument("--results", required=True, metavar="DIR", help="folder or URL with the results")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all transcripts here, one a line")


def run(args: argparse.Namespace) -> int:
    """Reconcile sources and results, and merge; returns the exit status."""
    show_log()
    try:
        # The audio may have been deleted since: only its results are needed.
        tasks = find_tasks(args.sources, skip_missing=True)
        store = open_store(args.results)
        found = reconcile(tasks, store)
        _report(found)
        if found.is_complete and args.out is not None:
            _write(args.out, found, store)
    except WrongUsage as error:
        print_message("merge", error)
        return 2
    except (BatchError, OSError) as error:
        print_message("merge", error)
        return 1
    return 0 if found.is_complete else 1


def _report(found: Reconciliation) -> None:
    for task in found.missing:
        print_message("merge", f"missing: {task.id} ({task.audio})")
    for failed in found.failed:
        print_message("merge", f"failed: {failed.id}: {failed.reason}")
    for task_id, defect in found.damaged.items():
        print_message("merge", f"damaged: {task_id}: {defect}")
    for name in found.unexpected:
        print_message("merge", f"no source asks for {name}")
    print_message("merge", f"{len(found.complete)} of {found.rows} results are there and whole")


def _write(path: Path, found: Reconciliation, store: Store) -> None:
    """Line by line: an archive need not fit into memory."""
    with open_whole(path) as file:
        file.writelines(line.encode() for line in merged_lines(found, store))
