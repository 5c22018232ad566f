from __future__ import annotations

import pytest

from tests.required_tools import SKIPS_ACCEPTED_IN_CI, fail_unaccepted_skip, find_tool


def skipped(reason: str) -> pytest.TestReport:
    where = ("test_a.py", 1, f"Skipped: {reason}")
    return pytest.TestReport("test_a.py::test", ("test_a.py", 1, "test"), {}, "skipped", where, "setup")


@pytest.mark.parametrize(("ci", "outcome"), [("true", "failed"), ("", "skipped")])
def test_a_skip_for_a_missing_tool_fails_in_continuous_integration_only(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    monkeypatch.setenv("CI", ci)
    report = skipped("not installed: chromium")
    fail_unaccepted_skip(report)
    assert report.outcome == outcome


@pytest.mark.parametrize("reason", SKIPS_ACCEPTED_IN_CI)
def test_a_skip_for_what_the_machine_is_stays_one(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setenv("CI", "true")
    report = skipped(reason)
    fail_unaccepted_skip(report)
    assert report.outcome == "skipped"


def test_a_tool_is_found_beside_the_interpreter_and_one_of_several_is_enough() -> None:
    assert find_tool("no-such-program") is None
    assert find_tool("no-such-program", "python") is not None
