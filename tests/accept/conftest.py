"""Acceptance checks print the figure each promise was measured at, beside its bound."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_FIGURES = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, object, str], None]:
    """`figure(what, measured, bound)` adds a line to the table at the end of the run."""

    def add(what: str, measured: object, bound: str) -> None:
        shown = f"{measured:.4g}" if isinstance(measured, float) else str(measured)
        request.config.stash.setdefault(_FIGURES, []).append((what, shown, bound))
        print(f"\n  {what}: {shown} (promised: {bound})", flush=True)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = terminalreporter.config.stash.get(_FIGURES, [])
    if not figures:
        return
    widths = [max(len(row[column]) for row in figures) for column in range(2)]
    terminalreporter.section("measured against promised")
    for what, shown, bound in figures:
        terminalreporter.write_line(f"{what:<{widths[0]}}  {shown:>{widths[1]}}  promised: {bound}")
