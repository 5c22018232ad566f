"""`asr health` as a probe runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from asr_server.server import TritonServer


def health(*options: str) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "asr_cli", "health", *options]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    (line,) = finished.stdout.splitlines()
    return finished.returncode, json.loads(line)


def test_good_server_is_live_and_ready(triton: TritonServer) -> None:
    status, told = health("--live", "--address", triton.metrics_address)
    assert (status, told["status"]) == (0, "live")
    status, told = health("--ready", "--address", triton.grpc_address)
    assert (status, told["status"]) == (0, "ready")


def test_absent_server_is_neither() -> None:
    for question in ("--live", "--ready"):
        status, told = health(question, "--address", "127.0.0.1:9")
        assert (status, told["status"]) == (1, "down")


def test_another_page_than_the_metrics_is_no_server(triton: TritonServer) -> None:
    status, told = health("--live", "--address", triton.http_address)
    assert (status, told["status"]) == (1, "down")


def test_question_for_the_metrics_names_the_package_that_is_missing(triton: TritonServer) -> None:
    program = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from asr_cli.main import main\n"
        f"sys.exit(main(['health', '--live', '--address', {triton.metrics_address!r}]))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("asr health: the package 'prometheus_client")


@pytest.mark.parametrize(
    "options",
    [("--address", "foo"), ("--address", "http://h:1/metrics"), ("--timeout", "-1"), ("--max-age", "nan")],
)
def test_wrong_usage_is_told_from_a_sick_server(options: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "asr_cli", "health", "--live", *options]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
    assert repr(options[1]) in finished.stderr
