"""What importing the client costs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"torch", "onnxruntime", "transformers", "tritonclient.http", "optimum", "jiwer", "asr_engine"}


def modules_after(statement: str) -> set[str]:
    program = f"{statement}; import sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


def test_importing_the_client_loads_nothing_heavy() -> None:
    assert not HEAVY & modules_after("import asr_client")


def test_the_transcribe_command_loads_nothing_heavy() -> None:
    assert not HEAVY & modules_after("import asr_cli.transcribe_command")


def test_the_command_line_itself_loads_no_command() -> None:
    assert not {"numpy", "grpc", "asr_client"} & modules_after("import asr_cli.main")
