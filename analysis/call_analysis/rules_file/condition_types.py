"""Condition types by name: the modules of `call_analysis.conditions`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, ClassVar, Protocol

from call_analysis import conditions
from call_analysis.file_values.kinds import Kind
from call_analysis.rules.condition import Check


class ConditionType(Check, Protocol):
    """A frozen dataclass with a parameter for each field, the only class of its module.

    A field without a default value is a parameter that must be given. `__post_init__` raises ValueError for
    parameters that do not go together.
    """

    PARAMETERS: ClassVar[Mapping[str, Kind]]


@cache
def condition_types() -> Mapping[str, type[ConditionType]]:
    """All condition types, in alphabetical order."""
    found = sorted(module.name for module in pkgutil.iter_modules(conditions.__path__))
    return {name: importlib.import_module(f"{conditions.__name__}.{name}").CONDITION for name in found}


def required_parameters(check: type[ConditionType]) -> list[str]:
    """The parameters without a default value."""
    entries: tuple[Any, ...] = fields(check)  # type: ignore[arg-type]  # every condition type is a dataclass
    return [entry.name for entry in entries if entry.default is MISSING]
