"""The examples that the page shows are those of the documents, which are tested against a server."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["transcribe_call", "plain_client"])
def test_the_page_shows_the_example_that_is_tested(name: str) -> None:
    shown = ROOT / "apps" / "asr_web" / "examples" / f"{name}.txt"
    assert shown.read_text() == (ROOT / "docs" / "examples" / f"{name}.py").read_text()
