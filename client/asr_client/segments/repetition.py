"""Repetition clean-up: the last resort against a model that repeats itself without end.

The engine's guard works on tokens and ends a loop while it runs. It misses units that are longer than those
it watches, and a server may run without it. Such loops are cut here by the rule of the published `qwen-asr`
package, written from its description: a unit of up to 20 characters that comes more than 20 times in a row is
kept once.
"""

from __future__ import annotations

import re

MOST_REPEATS = 20
LONGEST_UNIT = 20  # characters

# The shortest unit is taken: in 哈哈哈… it is 哈, not 哈哈.
_LOOP = re.compile(rf"(.{{1,{LONGEST_UNIT}}}?)\1{{{MOST_REPEATS},}}", re.DOTALL)


def without_repetitions(text: str) -> str:
    """The text with every such run cut to its first unit; the same text where there is none."""
    return _LOOP.sub(r"\1", text)
