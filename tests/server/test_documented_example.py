"""The example in the protocol's document is the file that the tests run."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_documented_example_is_the_tested_file() -> None:
    document = (DOCS / "PROTOCOL.md").read_text(encoding="utf-8")
    shown = document.partition("```python\n")[2].partition("```")[0]
    code = (DOCS / "examples" / "plain_client.py").read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert shown == code
