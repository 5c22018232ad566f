"""Registration of `optimum-cli export qwen3-asr`, which runs `asr export`.

optimum looks for commands in this namespace package, which must not hold an `__init__.py`. It imports this
file at every start of its command line, so the export's own dependencies are imported only when it runs.
"""

from __future__ import annotations

import argparse
import sys

from optimum.commands.base import BaseOptimumCLICommand, CommandInfo
from optimum.commands.export.base import ExportCommand

from asr_export.command import add_arguments, run


class ExportQwen3ASR(BaseOptimumCLICommand):  # type: ignore[misc]  # optimum is not followed by mypy
    """Command with the options and the code of `asr export`."""

    @staticmethod
    def parse_args(parser: argparse.ArgumentParser) -> None:
        """Add the options of `asr export` to a parser."""
        add_arguments(parser)

    def run(self) -> None:
        """Export, then exit with the status of `asr export`."""
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
