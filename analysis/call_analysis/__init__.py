"""The analysis of transcribed calls: what a call is about, whether it kept the rules, where it belongs.

`analyze(transcript)` returns a `CallReport`. All that it decides by is data: `default_rules.yaml`, or a file
given to `load_rules`. The names below are imported on first use, so importing this package does not need
PyYAML.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from call_analysis.analysis import analyze
    from call_analysis.errors import RulesError, TranscriptFileError
    from call_analysis.report import CallReport
    from call_analysis.rules_file.rules_file import Rules, load_rules

__all__ = ["CallReport", "Rules", "RulesError", "TranscriptFileError", "analyze", "load_rules"]

_HOMES = {
    "CallReport": "report",
    "Rules": "rules_file.rules_file",
    "RulesError": "errors",
    "TranscriptFileError": "errors",
    "analyze": "analysis",
    "load_rules": "rules_file.rules_file",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
