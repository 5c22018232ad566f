"""A boolean expression over the names of conditions: `and`, `or`, `not` and parentheses.

It has three values, as in Kleene's logic. A condition that is not applicable (None) makes the whole None,
unless the other conditions decide alone: `None and False` is False, `None or True` is True.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

_TOKEN = re.compile(r"\s*(?:(?P<word>[a-z][a-z0-9-]*)|(?P<sign>[()])|(?P<other>\S))")
OPERATORS = ("and", "or", "not")
_MAX_TOKENS = 500
_MAX_NAMES_FOR_TABLE = 12


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a condition."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """`not`: true where the part is false."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """`and`: true where all parts are true."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`or`: true where at least one part is true."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Name | Not | And | Or


def parse_expression(text: str) -> Expression:
    """The expression in a text. Raises ValueError that names the column of a mistake."""
    return _Parser(text).whole()


def truth(expression: Expression, values: Mapping[str, bool | None]) -> bool | None:
    """The value of an expression, given the values of its conditions."""
    if isinstance(expression, Name):
        return values[expression.name]
    if isinstance(expression, Not):
        value = truth(expression.part, values)
        return None if value is None else not value
    found = [truth(part, values) for part in expression.parts]
    decisive = isinstance(expression, Or)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def names(expression: Expression) -> tuple[str, ...]:
    """The conditions that an expression names, each once, in order."""
    return tuple(dict.fromkeys(_names(expression)))


def find_flaw(expression: Expression) -> str | None:
    """What the truth table shows to be wrong: a constant value, or a condition that changes nothing."""
    used = names(expression)
    if len(used) > _MAX_NAMES_FOR_TABLE:
        return None
    rows = [dict(zip(used, row, strict=True)) for row in product((False, True), repeat=len(used))]
    values = [truth(expression, row) for row in rows]
    if len(set(values)) == 1:
        return "it is always true" if values[0] else "it can never be true"
    for name in used:
        if all(truth(expression, {**row, name: not row[name]}) == truth(expression, row) for row in rows):
            return f"the condition {name!r} makes no difference to it"
    return None


def _names(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Name):
        yield expression.name
    else:
        for part in (expression.part,) if isinstance(expression, Not) else expression.parts:
            yield from _names(part)


class _Parser:
    """A recursive-descent parser: or → and → not → name or parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        self._next = 0
        self._end = len(text) + 1
        for match in _TOKEN.finditer(text.rstrip()):
            token = match["word"] or match["sign"] or match["other"]
            place = match.end() - len(token) + 1
            if match["other"]:
                raise ValueError(f"column {place}: got {token!r}; allowed: names, and, or, not, ( and )")
            self._tokens.append((token, place))
        if len(self._tokens) > _MAX_TOKENS:
            raise ValueError(f"{len(self._tokens)} words long; allowed: {_MAX_TOKENS}")

    def whole(self) -> Expression:
        expression = self._either()
        if self._peek() is not None:
            raise self._unexpected("and, or, or the end")
        return expression

    def _either(self, depth: int = 0) -> Expression:
        parts = [self._all(depth)]
        while self._take("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._take("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth > 50:
            raise ValueError("nested more than 50 levels deep")
        if self._take("not"):
            return Not(self._one(depth + 1))
        if self._take("("):
            inner = self._either(depth + 1)
            if not self._take(")"):
                raise self._unexpected("and, or, or )")
            return inner
        token = self._peek()
        if token is None or token in OPERATORS or token == ")":
            raise self._unexpected("a condition's name, not, or (")
        self._next += 1
        return Name(token)

    def _peek(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _take(self, token: str) -> bool:
        taken = self._peek() == token
        self._next += taken
        return taken

    def _unexpected(self, allowed: str) -> ValueError:
        if self._next == len(self._tokens):
            return ValueError(f"column {self._end}: it ends too early; allowed: {allowed}")
        token, place = self._tokens[self._next]
        return ValueError(f"column {place}: got {token!r}; allowed: {allowed}")
