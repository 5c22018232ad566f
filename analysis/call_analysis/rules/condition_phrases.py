"""The phrases of one condition, and where they are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from call_analysis.rules.scope import NotApplicable, Scope, Stretch
from call_analysis.text.folded_text import FoldedText
from call_analysis.text.lexicon import Finding, Lexicon
from call_analysis.text.phrase_trie import ANY_ENDING


@dataclass(frozen=True, slots=True)
class ConditionPhrases:
    """Phrases to search for in the stretches of a scope."""

    texts: Mapping[str, str]  # as the rules spell them, by folded form
    languages: frozenset[str] | None  # codes of the languages they are in; None for any
    lexicon: Lexicon[str]

    def find(self, stretch: Stretch, count_negated: bool) -> list[Finding[str]]:
        """The phrases within the stretch, in order."""
        folded = stretch.entry.text
        if not self._may_stand_in(folded):
            return []
        return [
            finding
            for finding in self.lexicon.find(folded)
            if (count_negated or not finding.negated)
            and stretch.start <= finding.start
            and finding.end <= stretch.end
        ]

    def unjudged(self, scope: Scope) -> NotApplicable | None:
        """Why finding nothing proves nothing: no words in a language of the phrases. None where there are."""
        if self.languages is None or not scope.stretches:
            return None
        codes = {scope.call.language_code(stretch.entry) for stretch in scope.stretches}
        if codes & self.languages:
            return None
        names = {
            stretch.entry.turn.language or scope.call.transcript.language or "an unknown language"
            for stretch in scope.stretches
        }
        spoken, written = ", ".join(sorted(names)), ", ".join(sorted(self.languages))
        return NotApplicable(f"spoken: {spoken}; the rule has phrases for: {written}")

    def _may_stand_in(self, folded: FoldedText) -> bool:
        """Whether a search is worth while: a quick test that most turns fail."""
        return any(key.removesuffix(ANY_ENDING) in folded.text for key in self.texts)
