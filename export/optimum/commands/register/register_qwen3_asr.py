"""Makes `optimum-cli export qwen3-asr` another way to run `asr export`.

optimum looks for commands in this namespace, which must never hold an `__init__.py`. It imports this file at
every start of its command line, so what the export itself needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import sys

from optimum.commands.base import BaseOptimumCLICommand, CommandInfo
from optimum.commands.export.base import ExportCommand

from asr_export.command import add_arguments, run


class ExportQwen3ASR(BaseOptimumCLICommand):  # type: ignore[misc]  # optimum is not followed by mypy
    """Same options, same code."""

    @staticmethod
    def parse_args(parser: argparse.ArgumentParser) -> None:
        """Declare the options of `asr export`."""
        add_arguments(parser)

    def run(self) -> None:
        """Export; ends the process with the status of `asr export`."""
        sys.exit(run(self.args))


REGISTER_COMMANDS = [
    (
        CommandInfo(
            name="qwen3-asr",
            help="Export a Qwen3-ASR checkpoint into an ONNX model repository for Triton.",
            subcommand_class=ExportQwen3ASR,
        ),
        ExportCommand,
    )
]
