"""Why a customer calls: intents of turns and of the whole call, from weighted phrases.

The weight of a phrase is the chance that a turn with it has the intent; the confidence of an intent is the
chance that not all of its phrases mislead, taken as independent (noisy-or): 1 - product of (1 - weight).
A phrase counts once in a turn, and not at all where it is denied. Weak phrases that only together reach the
threshold count where no phrase of another intent reaches it alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from call_analysis.report import Intent, TurnReport
from call_analysis.ruleset import UNKNOWN, IntentRules
from call_analysis.turns import FoldedTurn, Hit

MAX_CONFIDENCE = 0.99
_UNKNOWN = (Intent(UNKNOWN, 0.0, ()),)


@dataclass(slots=True)
class _Evidence:
    """What a turn says for one intent."""

    weights: dict[str, float] = field(default_factory=dict)  # by phrase
    hits: list[Hit] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        missed = math.prod(1 - weight for weight in self.weights.values())
        return min(round(1 - missed, 4), MAX_CONFIDENCE)


def turn_intents(folded: FoldedTurn, rules: IntentRules) -> tuple[Intent, ...]:
    """Intents of a turn, the strongest first; none for roles that are not looked at."""
    if folded.turn.role not in rules.roles:
        return ()
    evidence: dict[str, _Evidence] = defaultdict(_Evidence)
    for finding in rules.lexicon.find(folded.text):
        if finding.negated:
            continue
        phrase = finding.meaning
        for intent, weight in phrase.weights.items():
            evidence[intent].weights[phrase.text] = weight
            evidence[intent].hits.append(Hit(folded.turn, finding.start, finding.end, phrase.text))
    found = {name: known for name, known in evidence.items() if known.confidence >= rules.threshold}
    plain = {name: known for name, known in found.items() if max(known.weights.values()) >= rules.threshold}
    if any(not rules.categories[name].background for name in plain):
        found = plain
    names = _by_rank({name: known.confidence for name, known in found.items()}, rules)
    return tuple(Intent(name, found[name].confidence, tuple(found[name].hits)) for name in names) or _UNKNOWN


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
    names = _by_rank(rank, rules)
    return tuple(Intent(name, best[name], tuple(hits[name])) for name in names) or _UNKNOWN


def _by_rank(rank: Mapping[str, float], rules: IntentRules) -> list[str]:
    """The highest first, of equals the earlier in the rules; background intents after all others."""
    names = [name for name in rules.categories if name in rank]
    return sorted(names, key=lambda name: (rules.categories[name].background, -rank[name]))
