"""An enumeration: digits in a regular sequence, which may be several numbers rather than one."""

from __future__ import annotations

from itertools import pairwise

_LONGEST = 4
_STEPS = ({1}, {2}, {-1})


def is_enumeration(digits: str) -> bool:
    """Whether digits may be several numbers: `123` in 一二三楼, `135` in 一三五限行, `321` in a countdown."""
    values = [int(digit) for digit in digits]
    steps = {right - left for left, right in pairwise(values)}
    return len(digits) <= _LONGEST and steps in _STEPS
