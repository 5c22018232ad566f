"""Digits that are counted up rather than one number."""

from __future__ import annotations

from itertools import pairwise

_LONGEST = 4
_STEPS = ({1}, {2}, {-1})


def is_enumeration(digits: str) -> bool:
    """`123` from 一二三楼, `135` from 一三五限行, `321` of a countdown: perhaps several numbers."""
    values = [int(digit) for digit in digits]
    steps = {right - left for left, right in pairwise(values)}
    return len(digits) <= _LONGEST and steps in _STEPS
