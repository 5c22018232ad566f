"""Value types of arguments: parse functions as argparse wants them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def value_type(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse` for `add_argument(type=…)`: the message of its ValueError reaches the user as it is.

    argparse itself replaces that message by the name of the function.
    """

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def positive_number(expected: str) -> Callable[[str], int]:
    """A whole number from 1; `expected` completes the message about any other text."""

    def parsed(text: str) -> int:
        if not text.isdecimal() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"{text!r} is {expected}")
        return int(text)

    return parsed
