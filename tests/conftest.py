"""Fixtures shared by all tests."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.required_tools import fail_unaccepted_skip, skip_without_tools
from tests.slow_tests import mark_slow_tests

if TYPE_CHECKING:
    from asr_server.server import TritonServer

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the client's commands do; read when numpy is loaded

ROOT = Path(__file__).parents[1]
DEMO_CHECKPOINT = ROOT / "demo" / "checkpoint"


@pytest.hookimpl(tryfirst=True)  # before markers are selected by
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_slow_tests(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    skip_without_tools(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_unaccepted_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_unaccepted_skip(report)
    return report


@pytest.fixture(scope="session")
def demo_repository() -> Path:
    """The demo checkpoint exported for the CPU in fp32: a Triton repository with qwen3_asr in it.

    Kept in build/ between runs and renewed when the checkpoint, the exporter or a tool changes. The lock
    lets several test processes start at once.
    """
    out = ROOT / "build" / "test-demo"
    out.parent.mkdir(exist_ok=True)
    with (out.parent / ".test-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "asr_cli", "export", "--if-stale", "--target", "cpu-fp32"]
        command += ["--checkpoint", str(DEMO_CHECKPOINT), "--out", str(out)]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        pytest.fail(f"export of the demo checkpoint failed:\n{finished.stdout}\n{finished.stderr}")
    return out


@pytest.fixture(scope="session")
def triton(demo_repository: Path) -> Iterator[TritonServer]:
    """One server on the demo model as exported, for all tests that leave it as it was."""
    from asr_server.server import ServerOptions, TritonServer  # here: most runs need no server

    with TritonServer(ServerOptions(repository=demo_repository, grace_s=5)) as server:
        yield server
