"""Error rates by character or by word: substitutions, deletions and insertions against a reference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import jiwer

from asr_eval.normalization import Normalization, score_units


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Errors of one text or of several; counts of texts can be added, rates cannot."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_length: int = 0  # characters or words

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors for each unit of the reference; infinite for text where the reference is empty."""
        if self.reference_length == 0:
            return math.inf if self.errors else 0.0
        return self.errors / self.reference_length

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_length + other.reference_length,
        )


def error_rate(
    reference: str, hypothesis: str, language: str, normalization: Normalization = Normalization.BASIC
) -> ErrorCount:
    """Errors of `hypothesis`, by character or by word as the language (code or name) asks for."""
    expected = score_units(reference, language, normalization)
    heard = score_units(hypothesis, language, normalization)
    if not expected or not heard:  # jiwer refuses an empty reference
        return ErrorCount(deletions=len(expected), insertions=len(heard), reference_length=len(expected))
    alignment = jiwer.process_words(" ".join(expected), " ".join(heard))
    return ErrorCount(alignment.substitutions, alignment.deletions, alignment.insertions, len(expected))


def total_errors(counts: Iterable[ErrorCount]) -> ErrorCount:
    """The sum, in which each text weighs as much as its reference is long."""
    return sum(counts, start=ErrorCount())
