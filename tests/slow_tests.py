"""Slow tests: those that start a server, a browser or an export, or kill processes.

`make test-fast` leaves them out and ends every other test after 20 seconds. A test is slow when a fixture
that it uses, also indirectly, is listed here, when its module holds one of the names listed here, or when it
is marked `slow` itself.
"""

from __future__ import annotations

import pytest

# The exported demo model, without which no real server starts, and exports of other checkpoints.
SLOW_FIXTURES = frozenset({"demo_repository", "hf_repository", "official_repository", "demo_subject"})
# What starts a server, a browser, an export or a process to be killed.
SLOW_NAMES = frozenset(
    {"TritonServer", "DeskProcess", "sync_playwright", "run_with_kills", "export_checkpoint"}
)


def mark_slow_tests(items: list[pytest.Item]) -> None:
    """Add the marker `slow` where fixtures or the module ask for it."""
    for item in items:
        names = vars(item.module) if isinstance(item, pytest.Function) else {}
        fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
        if not SLOW_FIXTURES.isdisjoint(fixtures) or not SLOW_NAMES.isdisjoint(names):
            item.add_marker("slow")
