"""Phrase evidence: how strongly the phrases in a sentence or clause suggest each intent."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from call_analysis.intents.intent_rules import IntentPhrase
from call_analysis.text.folded_text import FoldedText
from call_analysis.text.lexicon import Finding, Lexicon

MAX_CONFIDENCE = 0.99
# A dot inside a number or a name does not end a sentence.
_SENTENCE = re.compile(r"[^.!?。…\n]+(?:\.(?=\S)[^.!?。…\n]+)*")
_CLAUSE = re.compile(r"[^,;]+")
_SHORTEST_CLAUSE = 4  # characters
_LEFT_OUT = "."  # replaces negated phrases; no n-gram reaches across it


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or clause: characters [start, end) of a folded text, without the negated phrases in it."""

    text: str
    start: int
    end: int
    findings: tuple[Finding[IntentPhrase], ...]

    @property
    def evidence(self) -> dict[str, float]:
        """By intent, the chance that at least one of its phrases is right, if phrases are independent."""
        weights: dict[str, dict[str, float]] = defaultdict(dict)
        for finding in self.findings:
            for intent, weight in finding.meaning.weights.items():
                weights[intent][finding.meaning.text] = weight
        return {intent: noisy_or(phrases.values()) for intent, phrases in weights.items()}

    def clauses(self, folded: FoldedText) -> Iterator[Piece]:
        """Its clauses: the parts between commas. None where there is only one."""
        matches = list(_CLAUSE.finditer(self.text))
        for match in matches if len(matches) > 1 else ():
            if len(match[0].strip()) >= _SHORTEST_CLAUSE:
                start, end = self.start + match.start(), self.start + match.end()
                yield Piece(match[0], start, end, _within(self.findings, folded, start, end))


def noisy_or(weights: Iterable[float]) -> float:
    """1 - product of (1 - weight): the chance of at least one; at most `MAX_CONFIDENCE`."""
    missed = math.prod(1 - weight for weight in weights)
    return min(round(1 - missed, 4), MAX_CONFIDENCE)


def whole_text(folded: FoldedText, lexicon: Lexicon[IntentPhrase]) -> Piece:
    """A text as one piece."""
    findings = lexicon.find(folded)
    said = tuple(finding for finding in findings if not finding.negated)
    return Piece(_without_negated(folded, findings), 0, len(folded.text), said)


def sentences(whole: Piece, folded: FoldedText) -> Iterator[Piece]:
    """The sentences of a text, given as one piece."""
    for match in _SENTENCE.finditer(folded.text):
        start, end = match.span()
        yield Piece(whole.text[start:end], start, end, _within(whole.findings, folded, start, end))


def _within(
    findings: Sequence[Finding[IntentPhrase]], folded: FoldedText, start: int, end: int
) -> tuple[Finding[IntentPhrase], ...]:
    first, last = folded.original_span(start, end)
    return tuple(finding for finding in findings if first <= finding.start and finding.end <= last)


def _without_negated(folded: FoldedText, findings: Sequence[Finding[IntentPhrase]]) -> str:
    characters = list(folded.text)
    for finding in findings:
        if finding.negated:
            for index, start in enumerate(folded.starts):
                if finding.start <= start < finding.end:
                    characters[index] = _LEFT_OUT
    return "".join(characters)
