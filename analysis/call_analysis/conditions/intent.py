"""An intent: somebody wants something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind, Number
from call_analysis.file_values.name_kinds import Intents
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Intent:
    """A turn with one of the intents. Only the roles of the section "intents" have any."""

    names: frozenset[str]
    confidence: float = 0.0

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {"names": Intents(), "confidence": Number(0, 1)}

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The words that are evidence for the intents."""
        hits = scope.admitted(
            hit
            for stretch in scope.stretches
            for intent in scope.call.intents[stretch.entry.turn.index].intents
            if intent.name in self.names and intent.confidence >= self.confidence
            for hit in intent.hits
        )
        return Found(bool(hits), hits)


CONDITION = Intent
