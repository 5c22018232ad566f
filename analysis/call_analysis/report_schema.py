"""The published JSON schema of reports, `call_report.schema.json`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast


def report_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of this version's reports; each call returns a copy of its own."""
    text = files("call_analysis").joinpath("call_report.schema.json").read_text(encoding="utf-8")
    return cast(dict[str, Any], json.loads(text))
