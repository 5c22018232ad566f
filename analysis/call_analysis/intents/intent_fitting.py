"""The fit of the intent classifier on example utterances. Needs scikit-learn, the extra `intents`."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from call_analysis.intents.intent_model import (
    Floats,
    IntentModel,
    calibration_features,
    keyword_evidence,
    keyword_features,
    softmax,
)
from call_analysis.text.ngrams import ngrams

FOLDS = 5
_SEED = 20250601
_SOFTNESS = 10.0  # inverse of the penalty on weights; chosen by cross-validation on the examples
_LEAST_SOURCES = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance to fit on, as it was written or with simulated errors."""

    source: int  # number of the utterance as it was written, shared by its copies with errors
    text: str  # folded
    intents: frozenset[str]  # none for `unknown`
    evidence: Mapping[str, float]  # of the phrases in it, by intent


def fit(names: Sequence[str], examples: Sequence[Example]) -> IntentModel:
    """Fit the classifier on all examples, and its calibration by cross-validation.

    For the calibration, each fold is judged by a classifier that is fitted on the other folds.
    """
    _log.info("fitting the intent classifier on %d examples", len(examples))
    evidence = keyword_evidence(names, [example.evidence for example in examples])
    wanted = np.array([[name in example.intents for name in names] for example in examples])
    sources = max(example.source for example in examples) + 1
    fold_of = np.random.default_rng(_SEED).permutation(sources) % FOLDS
    folds = np.array([fold_of[example.source] for example in examples])
    shares = np.zeros(wanted.shape)
    for fold in range(FOLDS):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = _classifier(names, [examples[index] for index in seen], evidence[seen])
        known = [model.known(examples[index].text) for index in unseen]
        shares[unseen] = softmax(model.scores(known, evidence[unseen]))[:, : len(names)]
    whole = _classifier(names, examples, evidence)
    calibration = _calibration(shares, evidence, wanted)
    return IntentModel(
        whole.names, whole.vocabulary, whole.weights, whole.keyword_weights, whole.bias, calibration
    )


def _classifier(names: Sequence[str], examples: Sequence[Example], evidence: Floats) -> IntentModel:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    features = [{ngram.feature for ngram in ngrams(example.text)} for example in examples]
    vocabulary = _vocabulary(examples, features)
    features = [found & vocabulary.keys() for found in features]
    # An example with several intents stands once for each of them.
    rows, labels = [], []
    for index, example in enumerate(examples):
        for label in [names.index(name) for name in sorted(example.intents)] or [len(names)]:
            rows.append(index)
            labels.append(label)
    counts = _normalised_counts([features[index] for index in rows], vocabulary)
    inputs = hstack([counts, csr_matrix(keyword_features(evidence[rows]))]).tocsr()
    fitted = LogisticRegression(C=_SOFTNESS, max_iter=300, tol=1e-3).fit(inputs, labels)
    weights = np.zeros((inputs.shape[1], len(names) + 1))
    bias = np.full(len(names) + 1, -30.0)  # a class without examples never wins
    weights[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    return IntentModel(
        tuple(names), vocabulary, weights[: len(vocabulary)], weights[len(vocabulary) :], bias, np.zeros(4)
    )


def _normalised_counts(features: Sequence[set[str]], vocabulary: Mapping[str, int]) -> Any:
    """A sparse matrix [rows, n-grams]: each n-gram of a row counts once, and every row has length 1."""
    from scipy.sparse import csr_matrix

    indices = [[vocabulary[feature] for feature in sorted(found)] for found in features]
    return csr_matrix(
        (
            np.concatenate([np.full(len(row), 1 / np.sqrt(max(len(row), 1))) for row in indices]),
            np.concatenate([np.array(row, dtype=np.int32) for row in indices]),
            np.cumsum([0, *map(len, indices)]),
        ),
        shape=(len(features), len(vocabulary)),
    )


def _vocabulary(examples: Sequence[Example], features: Sequence[set[str]]) -> dict[str, int]:
    """The n-grams that occur in at least `_LEAST_SOURCES` utterances; rarer ones tell nothing."""
    sources: dict[str, set[int]] = defaultdict(set)
    for example, found in zip(examples, features, strict=True):
        for feature in found:
            sources[feature].add(example.source)
    shared = sorted(feature for feature, of in sources.items() if len(of) >= _LEAST_SOURCES)
    return {feature: row for row, feature in enumerate(shared)}


def _calibration(shares: Floats, evidence: Floats, wanted: NDArray[np.bool_]) -> Floats:
    from sklearn.linear_model import LogisticRegression

    inputs = calibration_features(shares, evidence).reshape(-1, 4)
    fitted = LogisticRegression(C=10.0, fit_intercept=False).fit(inputs, wanted.reshape(-1))
    return np.asarray(fitted.coef_[0], dtype=np.float64)
