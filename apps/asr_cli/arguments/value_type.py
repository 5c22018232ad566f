"""Value types of arguments: parse functions as argparse wants them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def value_type(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse` for `add_argument(type=…)`, with the message of its ValueError shown to the user.

    argparse itself drops that message and shows the name of the function.
    """

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def positive_number(expected: str) -> Callable[[str], int]:
    """A value type for whole numbers from 1. `expected` ends the message about any other text."""

    def parsed(text: str) -> int:
        if not text.isdecimal() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"{text!r} is {expected}")
        return int(text)

    return parsed
