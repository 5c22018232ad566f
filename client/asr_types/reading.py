"""Reading of plain data (parsed JSON) into frozen dataclasses, each value checked, and the way back.

Unknown keys are ignored, so that a document of a later minor version still reads. Whatever is missing or of
the wrong type is named by its place: `segments[3].start_s is 'soon'; expected float`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Names = TypeVar("Names", bound=StrEnum)


def read_dataclass(kind: type[T], data: object, where: str = "") -> T:
    """Build `kind` from a mapping. Raises ValueError naming the first entry that does not fit."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{where or kind.__name__} is {data!r:.60}; expected an object")
    hints = _hints(cast(Any, kind))
    values: dict[str, object] = {}
    for entry in fields(cast(Any, kind)):
        place = f"{where}.{entry.name}" if where else entry.name
        if entry.name in data:
            values[entry.name] = _read(hints[entry.name], data[entry.name], place)
        elif not _has_default(entry):
            raise ValueError(f"{place} is missing")
    return kind(**values)


def member_or_text(names: type[Names], text: str) -> Names | str:
    """The member with this value; the text itself where a later version has more members than this one."""
    try:
        return names(text)
    except ValueError:
        return text


def plain(value: Any) -> Any:
    """The inverse for what `asdict` made: names as texts, tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return value.value if isinstance(value, StrEnum) else value


def same_major(version: str, own: str) -> bool:
    """Whether a document of schema `version` is read by code of schema version `own`."""
    return version.partition(".")[0] == own.partition(".")[0]


def _read(hint: Any, value: object, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _read_union(get_args(hint), value, where)
    if origin is tuple:
        return _read_list(get_args(hint)[0], value, where)
    if origin is dict:
        return _read_strings(value, where)
    if is_dataclass(hint):
        return read_dataclass(cast(type[object], hint), value, where)
    return _read_scalar(hint, value, where)


def _read_union(kinds: tuple[Any, ...], value: object, where: str) -> object:
    """`kind | None`, or a StrEnum `| str`."""
    if kinds[-1] is str:
        return member_or_text(kinds[0], cast(str, _read_scalar(str, value, where)))
    return None if value is None else _read(_without_none(kinds), value, where)


def _read_list(item: Any, value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where} is {value!r:.60}; expected a list")
    return tuple(_read(item, entry, f"{where}[{index}]") for index, entry in enumerate(value))


def _read_strings(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(part, str) for item in value.items() for part in item
    ):
        raise ValueError(f"{where} is {value!r:.60}; expected an object of strings")
    return dict(value)


def _read_scalar(hint: Any, value: object, where: str) -> object:
    if hint is float and type(value) in (int, float) and math.isfinite(cast(float, value)):
        return float(cast(float, value))
    if hint is not float and type(value) is hint:
        return value
    raise ValueError(f"{where} is {value!r:.60}; expected {hint.__name__}")


@cache  # resolving annotations costs more than reading a segment
def _hints(kind: type[object]) -> dict[str, Any]:
    return get_type_hints(kind)


def _without_none(kinds: tuple[Any, ...]) -> Any:
    (kind,) = (part for part in kinds if part is not type(None))
    return kind


def _has_default(entry: Field[Any]) -> bool:
    return entry.default is not MISSING or entry.default_factory is not MISSING
