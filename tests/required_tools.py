"""Programs that single tests need beside Python packages, and the skips that continuous integration accepts.

`@pytest.mark.requires_tool("chromium", …)` names programs of which one is enough. Where none is installed the
test is skipped; in continuous integration (CI=true), whose script installs them, it fails. The same goes for
every other skip there whose reason is not listed here.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

# What a machine is, not what it lacks.
SKIPS_ACCEPTED_IN_CI = (
    "root may read everything",
    "this file system takes UTF-8 names only",
    "this machine does not allow network namespaces",
)


def find_tool(*names: str) -> str | None:
    """The first of these programs that is installed: beside this Python, or on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


def skip_without_tools(item: pytest.Item) -> None:
    """Skip a test that is marked with tools of which none is here."""
    for mark in item.iter_markers("requires_tool"):
        if find_tool(*mark.args) is None:
            pytest.skip(f"not installed: {' or '.join(mark.args)}")


def fail_unaccepted_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In continuous integration, turn a skip into a failure unless its reason is accepted."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(SKIPS_ACCEPTED_IN_CI):
        report.outcome = "failed"
        report.longrepr = f"skipped, which continuous integration does not accept: {reason}"
