"""A linear classifier of utterances, and how sure its answers are.

The score of an intent is linear in the n-grams of the utterance and in the keyword evidence for every
intent; softmax over all intents and `unknown` turns scores into shares. A logistic calibration, fitted on
utterances that the classifier had not seen, turns a share and the keyword evidence into a confidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from call_analysis.ngrams import Ngram, ngrams

Floats = NDArray[np.float64]
_LEAST_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class IntentModel:
    """`names` are the intents in order; `unknown` is one more class, the last."""

    names: tuple[str, ...]
    vocabulary: Mapping[str, int]
    weights: Floats  # [n-grams, classes]
    keyword_weights: Floats  # [classes, classes]: evidence for each intent, and for none
    bias: Floats  # [classes]
    calibration: Floats  # [4]: share, keyword evidence, their product, constant

    def confidences(self, text: str, evidence: Floats) -> Floats:
        """Confidence for each intent, 0..1. `text` is folded, `evidence` [intents] is 0..1."""
        shares = softmax(self.scores(text, evidence))[: len(self.names)]
        return sigmoid(calibration_features(shares, evidence) @ self.calibration)

    def telling_part(self, text: str, name: str) -> tuple[int, int] | None:
        """The part [start, end) of the text that speaks most for an intent; None where nothing does."""
        found = self._known(text)
        if not found:
            return None
        column = self.names.index(name)
        rows = self.weights[[self.vocabulary[ngram.feature] for ngram in found]]
        gains = rows[:, column] - rows.mean(axis=1)
        worth = np.zeros(len(text))
        for ngram, gain in zip(found, gains, strict=True):
            worth[ngram.start : ngram.end] += gain / (ngram.end - ngram.start)
        return _heaviest(worth)

    def scores(self, text: str, evidence: Floats) -> Floats:
        """[classes], before the softmax."""
        rows = [self.vocabulary[ngram.feature] for ngram in self._known(text)]
        scores = self.bias + keyword_features(evidence) @ self.keyword_weights
        if rows:
            unique = np.unique(rows)
            scores = scores + self.weights[unique].sum(axis=0) / np.sqrt(len(unique))
        return np.asarray(scores, dtype=np.float64)

    def _known(self, text: str) -> list[Ngram]:
        return [ngram for ngram in ngrams(text) if ngram.feature in self.vocabulary]


def keyword_features(evidence: Floats) -> Floats:
    """Evidence [.., intents] with one more column: 1 where there is none at all."""
    return np.concatenate([evidence, (evidence.sum(axis=-1, keepdims=True) == 0)], axis=-1)


def calibration_features(shares: Floats, evidence: Floats) -> Floats:
    """[.., 4] of shares and evidence that go in step."""
    clipped = np.clip(shares, _LEAST_SHARE, 1 - _LEAST_SHARE)
    logit = np.log(clipped / (1 - clipped))
    return np.stack([logit, evidence, logit * evidence, np.ones_like(logit)], axis=-1)


def softmax(scores: Floats) -> Floats:
    """Shares along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def sigmoid(scores: Floats) -> Floats:
    """0..1."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def _heaviest(worth: Floats) -> tuple[int, int] | None:
    """The contiguous part with the largest sum (Kadane), where that is positive."""
    best, best_part, running, start = 0.0, None, 0.0, 0
    for index, value in enumerate(worth):
        if running <= 0:
            running, start = 0.0, index
        running += float(value)
        if running > best:
            best, best_part = running, (start, index + 1)
    return best_part


def keyword_evidence(names: Sequence[str], confidences: Mapping[str, float]) -> Floats:
    """[intents] in the order of `names`."""
    return np.array([confidences.get(name, 0.0) for name in names])
