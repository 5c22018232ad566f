"""The intent model: a linear classifier of utterances with calibrated confidences.

The score of an intent is linear in the n-grams of the utterance and in the phrase evidence for every intent.
Softmax over all intents and `unknown` makes shares of the scores. A logistic calibration makes a confidence
of the share and the phrase evidence; it is fitted on utterances that the classifier has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from call_analysis.text.ngrams import ngrams

Floats = NDArray[np.float64]
_LEAST_SHARE = 1e-6


class KnownNgram(NamedTuple):
    """An n-gram that the classifier has weights for, at [start, end) of a text."""

    row: int  # of the weights
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class IntentModel:
    """The weights of the classifier. Its classes are the intents and, as the last one, `unknown`."""

    names: tuple[str, ...]  # of the intents
    vocabulary: Mapping[str, int]  # rows of the weights by n-gram
    weights: Floats  # [n-grams, classes]
    keyword_weights: Floats  # [classes, classes]: rows for phrase evidence of each intent, and for none
    bias: Floats  # [classes]
    calibration: Floats  # [4]: logit of the share, phrase evidence, their product, constant

    def known(self, text: str) -> list[KnownNgram]:
        """The n-grams of a folded text that the classifier has weights for.

        No n-gram reaches across punctuation, so those of a sentence are those of the text that lie within it.
        """
        vocabulary = self.vocabulary
        return [
            KnownNgram(vocabulary[feature], start, end)
            for feature, start, end in ngrams(text)
            if feature in vocabulary
        ]

    def confidences(self, utterances: Sequence[Sequence[KnownNgram]], evidence: Floats) -> Floats:
        """Confidences [utterances, intents] in 0..1; `evidence` is [utterances, intents] in 0..1."""
        shares = softmax(self.scores(utterances, evidence))[:, : len(self.names)]
        return sigmoid(calibration_features(shares, evidence) @ self.calibration)

    def scores(self, utterances: Sequence[Sequence[KnownNgram]], evidence: Floats) -> Floats:
        """Scores [utterances, classes] before the softmax; `evidence` is [utterances, intents]."""
        scores: Floats = self.bias + keyword_features(evidence) @ self.keyword_weights
        rows = [sorted({ngram.row for ngram in found}) for found in utterances]
        counts = np.array([len(found) for found in rows], dtype=np.intp)
        if counts.any():
            starts = (np.cumsum(counts) - counts)[counts > 0]
            sums = np.add.reduceat(self.weights[list(chain.from_iterable(rows))], starts)
            scores[counts > 0] += sums / np.sqrt(counts[counts > 0, np.newaxis])
        return scores

    def strongest_part(self, found: Sequence[KnownNgram], name: str) -> tuple[int, int] | None:
        """The part [start, end) of the text that adds most to an intent's score; None where none does."""
        if not found:
            return None
        column = self.names.index(name)
        rows = self.weights[[ngram.row for ngram in found]]
        gains = rows[:, column] - rows.mean(axis=1)
        first = min(ngram.start for ngram in found)
        worth = np.zeros(max(ngram.end for ngram in found) - first)
        for ngram, gain in zip(found, gains, strict=True):
            worth[ngram.start - first : ngram.end - first] += gain / (ngram.end - ngram.start)
        part = _heaviest(worth)
        return part and (first + part[0], first + part[1])


def keyword_features(evidence: Floats) -> Floats:
    """Evidence [.., intents] and one more column: 1 where there is no evidence for any intent."""
    return np.concatenate([evidence, (evidence.sum(axis=-1, keepdims=True) == 0)], axis=-1)


def calibration_features(shares: Floats, evidence: Floats) -> Floats:
    """Inputs of the calibration [.., 4], from shares and evidence of the same shape."""
    clipped = np.clip(shares, _LEAST_SHARE, 1 - _LEAST_SHARE)
    logit = np.log(clipped / (1 - clipped))
    return np.stack([logit, evidence, logit * evidence, np.ones_like(logit)], axis=-1)


def softmax(scores: Floats) -> Floats:
    """Shares along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def sigmoid(scores: Floats) -> Floats:
    """Logistic function, 0..1."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def _heaviest(worth: Floats) -> tuple[int, int] | None:
    """The part [start, end) with the largest sum (Kadane's algorithm); None where no sum is positive."""
    best, best_part, running, start = 0.0, None, 0.0, 0
    for index, value in enumerate(worth):
        if running <= 0:
            running, start = 0.0, index
        running += float(value)
        if running > best:
            best, best_part = running, (start, index + 1)
    return best_part


def keyword_evidence(names: Sequence[str], utterances: Sequence[Mapping[str, float]]) -> Floats:
    """Phrase evidence as an array [utterances, intents], intents in the order of `names`."""
    return np.array([[evidence.get(name, 0.0) for name in names] for evidence in utterances]).reshape(
        len(utterances), len(names)
    )
