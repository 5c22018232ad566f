"""A text in several languages: advice and suggestions of a rules file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalText:
    """The same text by language code. The first language stands in for those that are missing."""

    by_language: Mapping[str, str]

    def in_language(self, code: str | None) -> str:
        """The text in a language, or in the first one where that language is missing."""
        return self.by_language.get(code or "") or next(iter(self.by_language.values()))
