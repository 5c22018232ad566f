"""The language that somebody speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind
from call_analysis.file_values.name_kinds import Languages
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Language:
    """A turn in one of the languages, by the model's language tag."""

    languages: frozenset[str]

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {"languages": Languages()}

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The first words of the turns in these languages."""
        tagged = [stretch for stretch in scope.stretches if stretch.entry.turn.language]
        if not tagged:
            return NotApplicable("the turns have no language tag")
        hits = tuple(
            stretch.opening(stretch.entry.turn.language or "")
            for stretch in tagged
            if stretch.entry.turn.language in self.languages
        )
        return Found(bool(hits), hits)


CONDITION = Language
