"""The last resort against a model that repeats itself for ever.

The engine's guard works on tokens and ends a loop while it runs. What slips through (units longer than the
guard watches, a server without it) is cut here by the rule of the published `qwen-asr` package, written from
its description: a unit of up to 20 characters that comes more than 20 times in a row is kept once.
"""

from __future__ import annotations

import re

MOST_REPEATS = 20
LONGEST_UNIT = 20  # characters

# The shortest unit counts: 哈哈哈… is 哈 over and over, not 哈哈.
_LOOP = re.compile(rf"(.{{1,{LONGEST_UNIT}}}?)\1{{{MOST_REPEATS},}}", re.DOTALL)


def without_repetitions(text: str) -> str:
    """The text with every such run cut to its first unit; the same text where there is none."""
    return _LOOP.sub(r"\1", text)
