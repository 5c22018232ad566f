"""Why a customer calls: intents of turns and of the whole call, from weighted phrases.

The weight of a phrase is the chance that a turn with it has the intent; the confidence of an intent is the
chance that not all of its phrases mislead, taken as independent (noisy-or): 1 - product of (1 - weight).
A phrase counts once in a turn, and not at all where it is denied.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from call_analysis.report import Intent, TurnReport
from call_analysis.ruleset import UNKNOWN, IntentRules
from call_analysis.turns import FoldedTurn, Hit

MAX_CONFIDENCE = 0.99
_UNKNOWN = (Intent(UNKNOWN, 0.0, ()),)


def turn_intents(folded: FoldedTurn, rules: IntentRules) -> tuple[Intent, ...]:
    """Intents of a turn, the strongest first; none for roles that are not looked at."""
    if folded.turn.role not in rules.roles:
        return ()
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    hits: dict[str, list[Hit]] = defaultdict(list)
    for finding in rules.lexicon.find(folded.text):
        if finding.negated:
            continue
        phrase = finding.meaning
        for intent, weight in phrase.weights.items():
            weights[intent][phrase.text] = weight
            hits[intent].append(Hit(folded.turn, finding.start, finding.end, phrase.text))
    found = [
        Intent(name, confidence, tuple(hits[name]))
        for name in rules.categories
        if name in weights and (confidence := _noisy_or(weights[name].values())) >= rules.threshold
    ]
    found.sort(key=lambda intent: (rules.categories[intent.name].background, -intent.confidence))
    return tuple(found) or _UNKNOWN


def call_intents(turns: Sequence[TurnReport], rules: IntentRules) -> tuple[Intent, ...]:
    """Intents of a call, the main one first.

    The confidence is that of the turn where the intent is clearest. Rank goes by confidence summed over the
    turns, where the first turn that says anything counts whole, the second half, the third a third, …:
    people say early why they call, and what they come back to matters.
    """
    rank: dict[str, float] = defaultdict(float)
    best: dict[str, float] = defaultdict(float)
    hits: dict[str, list[Hit]] = defaultdict(list)
    place = 0
    for report in turns:
        known = [intent for intent in report.intents if intent.name != UNKNOWN]
        place += any(not rules.categories[intent.name].background for intent in known)
        for intent in known:
            rank[intent.name] += intent.confidence / max(place, 1)
            best[intent.name] = max(best[intent.name], intent.confidence)
            hits[intent.name].extend(intent.hits)
    names = sorted(
        (name for name in rules.categories if name in rank),
        key=lambda name: (rules.categories[name].background, -rank[name]),
    )
    return tuple(Intent(name, best[name], tuple(hits[name])) for name in names) or _UNKNOWN


def _noisy_or(weights: Iterable[float]) -> float:
    missed = math.prod(1 - weight for weight in weights)
    return min(round(1 - missed, 4), MAX_CONFIDENCE)
