"""Routing: the queue, knowledge base and priority of a call, by its language and main intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from call_analysis.findings import UNKNOWN, LanguageSource, Priority, Route
from call_analysis.text.local_text import LocalText
from call_analysis.text.text_language import language_of_text
from call_analysis.turns import CallTurn


@dataclass(frozen=True, slots=True)
class RoutingRow:
    """Where matching calls go; empty `languages` or `intents` match every call."""

    languages: tuple[str, ...]
    intents: tuple[str, ...]
    queue: str
    knowledge_base: str
    priority: Priority
    advice: LocalText

    def matches(self, language: str, intent: str) -> bool:
        """Whether calls in this language and with this main intent belong here."""
        return (not self.languages or language in self.languages) and (
            not self.intents or intent in self.intents
        )


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Rows in order; the first that matches a call decides.

    For every language there is a row that matches whatever the intent, so every call is routed.
    """

    rows: tuple[RoutingRow, ...]
    language_codes: Mapping[str, str]  # by the model's names of the languages that the rules list

    def route(self, tag: str | None, turns: Sequence[CallTurn], intent: str) -> Route:
        """Where a call belongs. Its text decides on the language only where it has no language tag."""
        language = tag or language_of_text((turn.text for turn in turns), self.language_codes)
        listed = language if language and language in self.language_codes else UNKNOWN
        row = next(row for row in self.rows if row.matches(listed, intent))
        return Route(
            language=listed,
            language_from=_source(tag, language),
            intent=intent,
            queue=row.queue,
            knowledge_base=row.knowledge_base,
            priority=row.priority,
            advice=row.advice.in_language(self.language_codes.get(listed)),
        )


def _source(tag: str | None, language: str | None) -> LanguageSource:
    if tag:
        return LanguageSource.TAG
    return LanguageSource.TEXT if language else LanguageSource.NONE
