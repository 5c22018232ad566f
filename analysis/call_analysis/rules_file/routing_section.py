"""The section "routing" of a rules file: rows of which the first that matches a call decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from call_analysis.file_values.containers import Defined, ListOf
from call_analysis.file_values.kinds import Choice, Text
from call_analysis.file_values.names import Names
from call_analysis.file_values.phrase_kinds import LocalTexts
from call_analysis.file_values.section import Entries, Section
from call_analysis.file_values.yaml_node import YamlNode
from call_analysis.findings import UNKNOWN, Priority
from call_analysis.routing import RoutingRow


@dataclass(frozen=True, slots=True)
class _NamesOrUnknown:
    """Names that the file lists, or `unknown`."""

    listed: Callable[[Names], Sequence[str]]

    def read(self, node: YamlNode, names: Names) -> tuple[str, ...]:
        return node.choices((*self.listed(names), UNKNOWN))

    def schema(self) -> dict[str, Any]:
        return ListOf(Text()).schema()


def _row(entries: Entries) -> RoutingRow:
    return RoutingRow(
        languages=entries.read("languages", ()),
        intents=entries.read("intents", ()),
        queue=entries.read("queue"),
        knowledge_base=entries.read("knowledge_base"),
        priority=Priority(entries.read("priority")),
        advice=entries.read("advice"),
    )


ROW = Defined(
    "RoutingRow",
    Section(
        kinds={
            "languages": _NamesOrUnknown(attrgetter("languages")),
            "intents": _NamesOrUnknown(attrgetter("intents")),
            "queue": Text(),
            "knowledge_base": Text(),
            "priority": Choice(tuple(Priority)),
            "advice": LocalTexts(),
        },
        required=("queue", "knowledge_base", "priority", "advice"),
        build=_row,
    ),
)


_ROWS = ListOf(ROW)


@dataclass(frozen=True, slots=True)
class Routing:
    """The rows in order. Every language needs one without intents, so that every call is routed."""

    def read(self, node: YamlNode, names: Names) -> tuple[RoutingRow, ...]:
        rows: tuple[RoutingRow, ...] = _ROWS.read(node, names)
        for language in (*names.languages, UNKNOWN):
            if not any(not row.intents and (not row.languages or language in row.languages) for row in rows):
                raise node.error(
                    f"no row without intents for the language {language!r}; every language needs one"
                )
        return rows

    def schema(self) -> dict[str, Any]:
        return _ROWS.schema()


ROUTING = Routing()
