"""Text that shows in Markdown as it is."""

from __future__ import annotations

import re

# What CommonMark, its tables and GitHub's formulas take for markup inside a line.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")


def escaped(text: str) -> str:
    """On one line, markup escaped; to be put behind something that starts the line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
