"""Markdown escapes: text that shows unchanged."""

from __future__ import annotations

import re

# Markup inside a line in CommonMark, its tables and GitHub's formulas.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")


def escaped(text: str) -> str:
    """The text on one line with its markup escaped. Something else has to start the line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
