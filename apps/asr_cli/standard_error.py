"""Standard error of a command: its own messages, and the log lines of the packages that it calls."""

from __future__ import annotations

import logging
import sys


def show_log(verbose: bool = False) -> None:
    """Log lines go to standard error: warnings, with `verbose` also what is done and how long it takes."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


def print_error(command: str, what: object) -> None:
    """One line, whatever line breaks the message has: `asr batch: calls/ does not exist`."""
    print(f"asr {command}:", " ".join(str(what).split()), file=sys.stderr)
