"""A regular expression in the text as it was recognised, which is not folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from call_analysis.file_values.kinds import Kind, Pattern
from call_analysis.hits import Hit
from call_analysis.rules.scope import Found, NotApplicable, Scope, Stretch


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern in turns in which `excluding` does not match."""

    pattern: Any
    excluding: Any = None

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {"pattern": Pattern(), "excluding": Pattern()}

    def find(self, scope: Scope) -> Found | NotApplicable:
        """All matches of the pattern."""
        hits = tuple(hit for stretch in scope.stretches for hit in self._hits(stretch))
        return Found(bool(hits), hits)

    def _hits(self, stretch: Stretch) -> list[Hit]:
        text = stretch.entry.turn.text
        if self.excluding is not None and self.excluding.search(text):
            return []
        matches = self.pattern.finditer(text)
        return [
            hit
            for match in matches
            if match.end() > match.start()
            and (hit := stretch.hit(match.start(), match.end(), self.pattern.pattern))
        ]


CONDITION = Regex
