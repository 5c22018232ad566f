"""Standard error of a command: its own messages, and log lines of the packages that it calls."""

from __future__ import annotations

import logging
import sys


def show_log(verbose: bool = False) -> None:
    """Print log records of level WARNING, with `verbose` also INFO, to standard error."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


def print_message(command: str, what: object) -> None:
    """Print `asr batch: calls/ does not exist`: one line, even if the message has several."""
    print_verbatim(command, " ".join(str(what).split()))


def print_verbatim(command: str, what: object) -> None:
    """Print a message of a command with the message's own spaces and lines."""
    print(f"asr {command}: {what}", file=sys.stderr)
