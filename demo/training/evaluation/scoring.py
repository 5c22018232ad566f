"""Scoring of transcripts: error rates with intervals, in characters for Chinese, in words for English."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.sentences.similarity import normalised

RESAMPLES = 1_000
CONFIDENCE_Z = 1.96
LANGUAGE_PREFIX = re.compile(r"^language (\w+)<asr_text>(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Output of the model, split into the language's English name (None for non-speech) and the text."""

    language: str | None
    text: str

    @classmethod
    def parse(cls, output: str) -> Transcript:
        """Split an output. One without the language prefix is all text, with language None."""
        match = LANGUAGE_PREFIX.match(output.strip())
        if match is None:
            return cls(None, output.strip())
        return cls(None if match[1] == "None" else match[1], match[2].strip())


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `total` with a 95 % interval."""

    count: int
    total: int
    low: float
    high: float

    def __str__(self) -> str:
        share = 100 * self.count / self.total
        interval = f"[{100 * self.low:.2f}, {100 * self.high:.2f}]"
        return f"{share:.2f} % {interval}, {self.count:,} of {self.total:,}"


def units(text: str, language: str) -> list[str]:
    """Units that errors are counted in: characters of Chinese, words of English with each digit a word."""
    plain = normalised(text)
    if language == "zh":
        return list(plain.replace(" ", ""))
    return re.sub(r"(\d)", r" \1 ", plain).split()


def digits(text: str, _language: str = "") -> list[str]:
    """The digits of a text in order."""
    return re.findall(r"\d", text)


def distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Levenshtein distance: the least number of substitutions, insertions and deletions."""
    row = list(range(len(hypothesis) + 1))
    for deleted, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], deleted
        for column, heard in enumerate(hypothesis, 1):
            replaced = diagonal + (expected != heard)
            diagonal = row[column]
            row[column] = min(row[column] + 1, row[column - 1] + 1, replaced)
    return row[-1]


def error_rate(
    references: Sequence[str],
    hypotheses: Sequence[str],
    language: str,
    split: Callable[[str, str], list[str]] = units,
) -> Rate:
    """Error rate over all units together, with an interval from resampling the sentences."""
    pairs = [
        (split(reference, language), split(hypothesis, language))
        for reference, hypothesis in zip(references, hypotheses, strict=True)
    ]
    errors = np.array([distance(*pair) for pair in pairs])
    totals = np.array([len(reference) for reference, _ in pairs])
    drawn = np.random.default_rng(0).integers(len(pairs), size=(RESAMPLES, len(pairs)))
    rates = errors[drawn].sum(1) / np.maximum(1, totals[drawn].sum(1))
    low, high = np.quantile(rates, [0.025, 0.975])
    return Rate(int(errors.sum()), int(totals.sum()), float(low), float(high))


def share(count: int, total: int) -> Rate:
    """Share of independent outcomes, with Wilson's interval."""
    squared = CONFIDENCE_Z**2
    centre = (count + squared / 2) / (total + squared)
    spread = CONFIDENCE_Z * math.sqrt(count * (total - count) / total + squared / 4) / (total + squared)
    return Rate(count, total, max(0.0, centre - spread), min(1.0, centre + spread))
